import type { CreatedCreation, RejectedCreation, RejectionReason } from "./creation.ts";
import type { EmailChangeRejection, MadeEmailChange, RejectedEmailChange } from "./email-change.ts";
import type { Email, User, UserId, UserStatus } from "./user.ts";

/** What other contexts may learn: ids and what a projection needs, never the whole user. */
export type UserEvent = UserCreated | UserCreationRejected | UserChanged | UserEmailChanged | UserEmailChangeRejected;

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
  /** Id of the user who did it; null where a service did. */
  readonly actor: string | null;
}

export interface UserEmailChanged extends UserSnapshot {
  readonly type: "user-email-changed";
  readonly changeId: string;
}

export interface UserEmailChangeRejected {
  readonly type: "user-email-change-rejected";
  readonly changeId: string;
  readonly userId: UserId;
  readonly reason: EmailChangeRejection;
  readonly occurTime: Date;
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

export const userChanged = (type: UserChanged["type"], user: User, actor: string | null): UserChanged => ({
  type,
  ...snapshot(user),
  occurTime: user.updateTime,
  actor,
});

/** Said again, it tells what the user is by now, as `userCreated` does. */
export const userEmailChanged = (user: User, { id }: MadeEmailChange): UserEmailChanged => ({
  type: "user-email-changed",
  changeId: id,
  ...snapshot(user),
  occurTime: user.updateTime,
});

export const userEmailChangeRejected = (
  { id, userId, reason }: RejectedEmailChange,
  now: Date,
): UserEmailChangeRejected => ({
  type: "user-email-change-rejected",
  changeId: id,
  userId,
  reason,
  occurTime: now,
});

const snapshot = (user: User) => ({
  userId: user.id,
  email: user.email,
  status: user.status,
  version: user.version,
});
