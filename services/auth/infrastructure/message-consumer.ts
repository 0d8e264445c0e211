import { RegisterUserSchema, SendPasswordResetSchema } from "../../../proto/gen/limen/auth/v1/auth_commands_pb.ts";
import { ForgotPasswordRequestSchema } from "../../../proto/gen/limen/auth/v1/auth_service_pb.ts";
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
import { DomainError } from "../../platform/errors.ts";
import { type Delivery, PermanentFailure, type Subscription } from "../../platform/messaging/message.ts";
import { readBody, routeByType } from "../../platform/messaging/message-body.ts";
import { withTraceparent } from "../../platform/trace.ts";
import type { AdvanceRegistration } from "../application/advance-registration.ts";
import type { SendPasswordReset } from "../application/send-password-reset.ts";
import type { SettleEmailChange } from "../application/settle-email-change.ts";
import type { SettleRegistration } from "../application/settle-registration.ts";
import type { UserSnapshot, UserStatus } from "../domain/account.ts";
import type { Email } from "../domain/email.ts";

/** What the auth worker receives: its own commands, and the news about users. */
export function authSubscriptions(deps: {
  advance: AdvanceRegistration;
  settle: SettleRegistration;
  settleEmailChange: SettleEmailChange;
  sendPasswordReset: SendPasswordReset;
}): Subscription[] {
  return [
    {
      queue: "auth_commands",
      bindings: [{ exchange: "limen.commands", routingKey: "auth_commands" }],
      handle: handler({
        [RegisterUserSchema.typeName]: (delivery) =>
          deps.advance(readBody(RegisterUserSchema, delivery).registrationId, delivery.id),
        [SendPasswordResetSchema.typeName]: (delivery) =>
          deps.sendPasswordReset(readBody(SendPasswordResetSchema, delivery).email, delivery.id),
        // What this release and the one before send.
        [ForgotPasswordRequestSchema.typeName]: (delivery) =>
          deps.sendPasswordReset(readBody(ForgotPasswordRequestSchema, delivery).email, delivery.id),
      }),
    },
    {
      queue: "auth_user_events",
      bindings: [...answers, ...changes].map(({ typeName }) => ({
        exchange: "limen.events",
        routingKey: typeName,
      })),
      handle: handler({
        [UserCreatedSchema.typeName]: (delivery) => {
          const event = readBody(UserCreatedSchema, delivery);
          return deps.settle.userCreated(event.creationId, toSnapshot(event), delivery.id);
        },
        [UserCreationRejectedSchema.typeName]: (delivery) => {
          const event = readBody(UserCreationRejectedSchema, delivery);
          return deps.settle.userCreationRejected(event.creationId, event.reason, delivery.id);
        },
        [UserEmailChangedSchema.typeName]: (delivery) => {
          const event = readBody(UserEmailChangedSchema, delivery);
          return deps.settleEmailChange.userEmailChanged(event.changeId, toSnapshot(event), delivery.id);
        },
        [UserEmailChangeRejectedSchema.typeName]: (delivery) => {
          const { changeId, userId, reason } = readBody(UserEmailChangeRejectedSchema, delivery);
          return deps.settleEmailChange.userEmailChangeRejected(changeId, userId, reason, delivery.id);
        },
        ...Object.fromEntries(
          changes.map((schema) => [
            schema.typeName,
            (delivery: Delivery) => {
              const event = readBody(schema, delivery);
              return deps.settle.userChanged(toSnapshot(event), delivery.id, event.actor === "" ? null : event.actor);
            },
          ]),
        ),
      }),
    },
  ];
}

const answers = [
  UserCreatedSchema,
  UserCreationRejectedSchema,
  UserEmailChangedSchema,
  UserEmailChangeRejectedSchema,
] as const;
const changes = [UserUpdatedSchema, UserSuspendedSchema, UserReactivatedSchema, UserDeletedSchema] as const;

function handler(handlers: Parameters<typeof routeByType>[0]): (delivery: Delivery) => Promise<void> {
  const route = routeByType(handlers);
  return (delivery) =>
    withTraceparent(delivery.traceparent, async () => {
      try {
        await route(delivery);
      } catch (error) {
        // What the domain refuses it will refuse again.
        if (error instanceof DomainError && error.kind !== "unavailable" && error.kind !== "resource-exhausted") {
          throw new PermanentFailure(error.reason, error.message, { cause: error });
        }
        throw error;
      }
    });
}

interface UserEvent {
  readonly userId: string;
  readonly email: string;
  readonly status: User_Status;
  readonly version: bigint;
}

function toSnapshot({ userId, email, status, version }: UserEvent): UserSnapshot {
  const known = statuses[status];
  if (known === undefined || version < 1n || email === "") {
    throw new PermanentFailure("INVALID_BODY", "a user event without status, version or email");
  }
  return { userId, email: email as Email, status: known, version: Number(version) };
}

const statuses: { readonly [status in User_Status]?: UserStatus } = {
  [User_Status.ACTIVE]: "ACTIVE",
  [User_Status.SUSPENDED]: "SUSPENDED",
  [User_Status.DELETED]: "DELETED",
};
