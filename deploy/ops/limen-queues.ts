import {
  UserCreatedSchema,
  UserCreationRejectedSchema,
  UserDeletedSchema,
  UserEmailChangedSchema,
  UserEmailChangeRejectedSchema,
  UserReactivatedSchema,
  UserSuspendedSchema,
  UserUpdatedSchema,
} from "../../proto/gen/limen/users/v1/user_events_pb.ts";
import type { Service } from "./databases.ts";

/** A queue of Limen, as its operator has to know it. Each has a retry queue and one of dead letters beside it. */
export interface LimenQueue {
  readonly name: string;
  /** Who consumes it, and keeps its dead letters. */
  readonly consumer: Service;
  readonly exchange: "limen.commands" | "limen.events";
  /** What arrives there: commands of any type, by the queue's name; or the events of these types, by theirs. */
  readonly eventTypes: readonly string[];
}

export const limenQueues: readonly LimenQueue[] = [
  { name: "user_commands", consumer: "users", exchange: "limen.commands", eventTypes: [] },
  { name: "auth_commands", consumer: "auth", exchange: "limen.commands", eventTypes: [] },
  {
    name: "auth_user_events",
    consumer: "auth",
    exchange: "limen.events",
    eventTypes: [
      UserCreatedSchema,
      UserCreationRejectedSchema,
      UserEmailChangedSchema,
      UserEmailChangeRejectedSchema,
      UserUpdatedSchema,
      UserSuspendedSchema,
      UserReactivatedSchema,
      UserDeletedSchema,
    ].map(({ typeName }) => typeName),
  },
];

/** "CreateUser" for "limen.users.v1.CreateUser": in a table the rest says nothing. */
export const shortType = (type: string): string => type.slice(type.lastIndexOf(".") + 1);
