import {
  CancelUserCreationSchema,
  CancelUserEmailChangeSchema,
  ChangeUserEmailSchema,
  CreateUserSchema,
} from "../../../proto/gen/limen/users/v1/user_commands_pb.ts";
import type { Delivery, Subscription } from "../../platform/messaging/message.ts";
import { readBody, routeByType } from "../../platform/messaging/message-body.ts";
import { traceparentFrom, withTraceparent } from "../../platform/trace.ts";
import type { CancelUserCreation } from "../application/cancel-user-creation.ts";
import type { CancelUserEmailChange } from "../application/cancel-user-email-change.ts";
import type { ChangeUserEmail } from "../application/change-user-email.ts";
import type { CreateUser, CreateUserCommand } from "../application/create-user.ts";
import type { CreateUserMessage, CreateUsers } from "../application/create-users.ts";

const queue = "user_commands";

/** At most so many users in one transaction. */
const batchSize = 128;

/** The commands that others send to this context. */
export function userCommands(deps: {
  createUser: CreateUser;
  createUsers: CreateUsers;
  cancelUserCreation: CancelUserCreation;
  changeUserEmail: ChangeUserEmail;
  cancelUserEmailChange: CancelUserEmailChange;
}): Subscription {
  const route = routeByType({
    [CreateUserSchema.typeName]: (delivery) => deps.createUser(toCommand(delivery), delivery.id),
    [CancelUserCreationSchema.typeName]: (delivery) =>
      deps.cancelUserCreation(withPlainIds(readBody(CancelUserCreationSchema, delivery)), delivery.id),
    [ChangeUserEmailSchema.typeName]: (delivery) =>
      deps.changeUserEmail(withPlainIds(readBody(ChangeUserEmailSchema, delivery)), delivery.id),
    [CancelUserEmailChangeSchema.typeName]: (delivery) =>
      deps.cancelUserEmailChange(withPlainIds(readBody(CancelUserEmailChangeSchema, delivery)), delivery.id),
  });
  return {
    queue,
    bindings: [{ exchange: "limen.commands", routingKey: queue }],
    handle: (delivery) => withTraceparent(traceparentFrom(delivery.traceparent), () => route(delivery)),
    batch: {
      type: CreateUserSchema.typeName,
      size: batchSize,
      handle: async (deliveries) => deps.createUsers(deliveries.map(toMessage)),
    },
  };
}

const toMessage = (delivery: Delivery): CreateUserMessage => ({
  messageId: delivery.id,
  traceparent: traceparentFrom(delivery.traceparent),
  command: toCommand(delivery),
});

const toCommand = (delivery: Delivery): CreateUserCommand => withPlainIds(readBody(CreateUserSchema, delivery));

/** Ids as the database spells them: one creation, or change, must not look like two. */
function withPlainIds<C extends { userId: string } & ({ creationId: string } | { changeId: string })>(command: C): C {
  const userId = command.userId.toLowerCase();
  return "changeId" in command
    ? { ...command, userId, changeId: command.changeId.toLowerCase() }
    : { ...command, userId, creationId: command.creationId.toLowerCase() };
}
