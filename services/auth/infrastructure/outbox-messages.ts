import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { EntityManager } from "@mikro-orm/postgresql";
import { RegisterUserSchema } from "../../../proto/gen/limen/auth/v1/auth_commands_pb.ts";
import { RefreshTokenReusedSchema, UserRegisteredSchema } from "../../../proto/gen/limen/auth/v1/auth_events_pb.ts";
import { ForgotPasswordRequestSchema } from "../../../proto/gen/limen/auth/v1/auth_service_pb.ts";
import {
  CancelUserCreationSchema,
  CancelUserEmailChangeSchema,
  ChangeUserEmailSchema,
  CreateUserSchema,
} from "../../../proto/gen/limen/users/v1/user_commands_pb.ts";
import { sql } from "../../platform/database/open-transaction.ts";
import type { Envelope } from "../../platform/messaging/message.ts";
import { command, event } from "../../platform/messaging/message-body.ts";
import { addToOutbox } from "../../platform/messaging/outbox.ts";
import { currentTraceparent } from "../../platform/trace.ts";
import type { Clock, Ids, Messages } from "../application/ports.ts";
import type { AuthMessage } from "../domain/messages.ts";

export function outboxMessages(
  em: EntityManager,
  deps: { ids: Ids; clock: Clock; onSend: (envelope: Envelope) => void },
): Messages {
  return {
    async send(message) {
      const origin = {
        id: deps.ids.next(),
        source: "auth",
        time: deps.clock.now(),
        traceparent: currentTraceparent(),
      };
      const envelope = toEnvelope(message, origin);
      await addToOutbox(em, "auth", [envelope]);
      deps.onSend(envelope);
    },
    async findUnsent(ids) {
      const rows = await sql<{ id: string }>(
        em,
        "select distinct subject as id from auth.outbox where subject = any($1::text[])",
        [ids],
      );
      return new Set(rows.map(({ id }) => id));
    },
  };
}

type Origin = Pick<Envelope, "id" | "source" | "time" | "traceparent">;

function toEnvelope(message: AuthMessage, origin: Origin): Envelope {
  switch (message.type) {
    case "register-user": {
      const { registrationId } = message;
      return command(
        RegisterUserSchema,
        { registrationId },
        { ...origin, subject: registrationId, routingKey: "auth_commands" },
      );
    }
    case "send-password-reset": {
      const { email } = message;
      // Read everywhere, written from the next release on: workers of the release before know no SendPasswordReset.
      return command(
        ForgotPasswordRequestSchema,
        { email },
        { ...origin, subject: origin.id, routingKey: "auth_commands" },
      );
    }
    case "create-user": {
      const { creationId, userId, name, email } = message;
      return command(
        CreateUserSchema,
        { creationId, userId, name, email },
        { ...origin, subject: creationId, routingKey: "user_commands" },
      );
    }
    case "cancel-user-creation": {
      const { creationId, userId } = message;
      return command(
        CancelUserCreationSchema,
        { creationId, userId },
        { ...origin, subject: creationId, routingKey: "user_commands" },
      );
    }
    case "change-user-email": {
      const { changeId, userId, email } = message;
      return command(
        ChangeUserEmailSchema,
        { changeId, userId, email },
        { ...origin, subject: changeId, routingKey: "user_commands" },
      );
    }
    case "cancel-user-email-change": {
      const { changeId, userId } = message;
      return command(
        CancelUserEmailChangeSchema,
        { changeId, userId },
        { ...origin, subject: changeId, routingKey: "user_commands" },
      );
    }
    case "user-registered": {
      const { registrationId, userId, occurTime } = message;
      return event(
        UserRegisteredSchema,
        { registrationId, userId, occurTime: timestampFromDate(occurTime) },
        { ...origin, subject: userId, mandatory: false },
      );
    }
    case "refresh-token-reused": {
      const { sessionId, userId, occurTime } = message;
      return event(
        RefreshTokenReusedSchema,
        { sessionId, userId, occurTime: timestampFromDate(occurTime) },
        { ...origin, subject: userId, mandatory: false },
      );
    }
  }
}
