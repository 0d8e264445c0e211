import { CancelUserCreationSchema, CreateUserSchema } from "../../../proto/gen/limen/users/v1/user_commands_pb.ts";
import type { Subscription } from "../../platform/messaging/message.ts";
import { readBody, routeByType } from "../../platform/messaging/message-body.ts";
import { traceparentFrom, withTraceparent } from "../../platform/trace.ts";
import type { CancelUserCreation } from "../application/cancel-user-creation.ts";
import type { CreateUser } from "../application/create-user.ts";

const queue = "user_commands";

/** The commands that others send to this context. */
export function userCommands(deps: { createUser: CreateUser; cancelUserCreation: CancelUserCreation }): Subscription {
  const route = routeByType({
    [CreateUserSchema.typeName]: (delivery) => deps.createUser(readBody(CreateUserSchema, delivery), delivery.id),
    [CancelUserCreationSchema.typeName]: (delivery) =>
      deps.cancelUserCreation(readBody(CancelUserCreationSchema, delivery), delivery.id),
  });
  return {
    queue,
    bindings: [{ exchange: "limen.commands", routingKey: queue }],
    handle: (delivery) => withTraceparent(traceparentFrom(delivery.traceparent), () => route(delivery)),
  };
}
