import type { CreatedCreation, RejectedCreation, RejectionReason } from "./creation.ts";
import type { Email, User, UserId, UserStatus } from "./user.ts";

/** What other contexts may learn: ids and what a projection needs, never the whole user. */
export type UserEvent = UserCreated | UserCreationRejected | UserChanged;

/** Their order is not kept on the way: `version` tells which of two is the newer. */
interface UserSnapshot {
  readonly userId: UserId;
  readonly email: Email;
  readonly status: UserStatus;
  readonly version: number;
  readonly occurTime: Date;
}

export interface UserCreated extends UserSnapshot {
  readonly type: "user-created";
  readonly creationId: string;
}

export interface UserCreationRejected {
  readonly type: "user-creation-rejected";
  readonly creationId: string;
  readonly reason: RejectionReason;
  readonly occurTime: Date;
}

export interface UserChanged extends UserSnapshot {
  readonly type: "user-updated" | "user-suspended" | "user-reactivated" | "user-deleted";
}

/** Said again, it tells what the user is by now: the receiver may have heard nothing else. */
export const userCreated = (user: User, { id }: CreatedCreation): UserCreated => ({
  type: "user-created",
  creationId: id,
  ...snapshot(user),
  occurTime: user.createTime,
});

export const userCreationRejected = ({ id, reason }: RejectedCreation, now: Date): UserCreationRejected => ({
  type: "user-creation-rejected",
  creationId: id,
  reason,
  occurTime: now,
});

export const userChanged = (type: UserChanged["type"], user: User): UserChanged => ({
  type,
  ...snapshot(user),
  occurTime: user.updateTime,
});

const snapshot = (user: User) => ({
  userId: user.id,
  email: user.email,
  status: user.status,
  version: user.version,
});
