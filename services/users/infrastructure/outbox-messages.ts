import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { EntityManager } from "@mikro-orm/postgresql";
import { CreateUserSchema } from "../../../proto/gen/limen/users/v1/user_commands_pb.ts";
import {
  UserCreatedSchema,
  UserCreationRejectedSchema,
  UserDeletedSchema,
  UserEmailChangedSchema,
  UserEmailChangeRejectedSchema,
  UserReactivatedSchema,
  UserSuspendedSchema,
  UserUpdatedSchema,
} from "../../../proto/gen/limen/users/v1/user_events_pb.ts";
import { User_Status } from "../../../proto/gen/limen/users/v1/user_pb.ts";
import { sql } from "../../platform/database/open-transaction.ts";
import type { Envelope } from "../../platform/messaging/message.ts";
import { command, event } from "../../platform/messaging/message-body.ts";
import { addToOutbox } from "../../platform/messaging/outbox.ts";
import { currentTraceparent } from "../../platform/trace.ts";
import type { Clock, Ids, Messages, TracedEvent } from "../application/ports.ts";
import type { UserChanged, UserCreated, UserEmailChanged, UserEvent } from "../domain/events.ts";

interface Sender {
  readonly ids: Ids;
  readonly clock: Clock;
}

const originOf = ({ ids, clock }: Sender, traceparent: string): Origin => ({
  id: ids.next(),
  source: "users",
  time: clock.now(),
  traceparent,
});

/** The events as messages, each on the trace that it goes on. */
export const toEnvelopes = (events: readonly TracedEvent[], sender: Sender): Envelope[] =>
  events.map(({ event, traceparent }) => eventEnvelope(event, originOf(sender, traceparent)));

export function outboxMessages(
  em: EntityManager,
  deps: Sender & { onSend: (envelopes: readonly Envelope[]) => void },
): Messages {
  const send = async (envelopes: readonly Envelope[]): Promise<void> => {
    await addToOutbox(em, "users", envelopes);
    deps.onSend(envelopes);
  };
  return {
    publish: (event) => send(toEnvelopes([{ event, traceparent: currentTraceparent() }], deps)),
    publishAll: (answers) => send(toEnvelopes(answers, deps)),
    request: ({ creationId, userId, name, email }) =>
      send([
        command(
          CreateUserSchema,
          { creationId, userId, name, email },
          { ...originOf(deps, currentTraceparent()), subject: creationId, routingKey: "user_commands" },
        ),
      ]),
    async findUnsent(creationIds) {
      const rows = await sql<{ id: string }>(
        em,
        `select distinct subject as id from users.outbox where subject = any($1) and type = $2`,
        [creationIds, CreateUserSchema.typeName],
      );
      return new Set(rows.map(({ id }) => id));
    },
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
    case "user-email-changed": {
      const { changeId, userId } = userEvent;
      return event(
        UserEmailChangedSchema,
        { changeId, ...snapshot(userEvent) },
        { ...origin, subject: userId, mandatory: true },
      );
    }
    case "user-email-change-rejected": {
      const { changeId, userId, reason, occurTime } = userEvent;
      return event(
        UserEmailChangeRejectedSchema,
        { changeId, userId, reason, occurTime: timestampFromDate(occurTime) },
        { ...origin, subject: changeId, mandatory: true },
      );
    }
    default:
      return event(
        changedSchemas[userEvent.type],
        { ...snapshot(userEvent), actor: userEvent.actor ?? "" },
        { ...origin, subject: userEvent.userId, mandatory: true },
      );
  }
}

const snapshot = ({ userId, email, status, version, occurTime }: UserCreated | UserChanged | UserEmailChanged) => ({
  userId,
  email,
  status: User_Status[status],
  version: BigInt(version),
  occurTime: timestampFromDate(occurTime),
});
