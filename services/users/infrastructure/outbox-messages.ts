import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { EntityManager } from "@mikro-orm/postgresql";
import { CreateUserSchema } from "../../../proto/gen/limen/users/v1/user_commands_pb.ts";
import {
  UserCreatedSchema,
  UserCreationRejectedSchema,
  UserDeletedSchema,
  UserReactivatedSchema,
  UserSuspendedSchema,
  UserUpdatedSchema,
} from "../../../proto/gen/limen/users/v1/user_events_pb.ts";
import { User_Status } from "../../../proto/gen/limen/users/v1/user_pb.ts";
import type { Envelope } from "../../platform/messaging/message.ts";
import { command, event } from "../../platform/messaging/message-body.ts";
import { addToOutbox } from "../../platform/messaging/outbox.ts";
import { currentTraceparent } from "../../platform/trace.ts";
import type { Clock, Ids, Messages } from "../application/ports.ts";
import type { UserChanged, UserCreated, UserEvent } from "../domain/events.ts";

export function outboxMessages(em: EntityManager, deps: { ids: Ids; clock: Clock; onSend: () => void }): Messages {
  const send = async (toEnvelope: (origin: Origin) => Envelope): Promise<void> => {
    const origin = { id: deps.ids.next(), source: "users", time: deps.clock.now(), traceparent: currentTraceparent() };
    await addToOutbox(em, "users", [toEnvelope(origin)]);
    deps.onSend();
  };
  return {
    publish: (userEvent) => send((origin) => eventEnvelope(userEvent, origin)),
    request: ({ creationId, userId, name, email }) =>
      send((origin) =>
        command(
          CreateUserSchema,
          { creationId, userId, name, email },
          { ...origin, subject: creationId, routingKey: "user_commands" },
        ),
      ),
  };
}

type Origin = Pick<Envelope, "id" | "source" | "time" | "traceparent">;

const changedSchemas = {
  "user-updated": UserUpdatedSchema,
  "user-suspended": UserSuspendedSchema,
  "user-reactivated": UserReactivatedSchema,
  "user-deleted": UserDeletedSchema,
};

/** Mandatory, all of them: auth's projection of a person, and its registrations, live on these. */
function eventEnvelope(userEvent: UserEvent, origin: Origin): Envelope {
  switch (userEvent.type) {
    case "user-created": {
      const { creationId, userId } = userEvent;
      return event(
        UserCreatedSchema,
        { creationId, ...snapshot(userEvent) },
        { ...origin, subject: userId, mandatory: true },
      );
    }
    case "user-creation-rejected": {
      const { creationId, reason, occurTime } = userEvent;
      return event(
        UserCreationRejectedSchema,
        { creationId, reason, occurTime: timestampFromDate(occurTime) },
        { ...origin, subject: creationId, mandatory: true },
      );
    }
    default:
      return event(changedSchemas[userEvent.type], snapshot(userEvent), {
        ...origin,
        subject: userEvent.userId,
        mandatory: true,
      });
  }
}

const snapshot = ({ userId, email, status, version, occurTime }: UserCreated | UserChanged) => ({
  userId,
  email,
  status: User_Status[status],
  version: BigInt(version),
  occurTime: timestampFromDate(occurTime),
});
