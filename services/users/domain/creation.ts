import type { DomainError } from "../../platform/errors.ts";
import { cancelled, emailTaken, invalidEmail, invalidName, userIdTaken } from "./errors.ts";
import type { UserId } from "./user.ts";

/** The wish for a user, and what became of it. Decided once, for ever: by its creation or by its cancellation. */
export type Creation = PendingCreation | DecidedCreation;
export type DecidedCreation = CreatedCreation | RejectedCreation;

interface Wish {
  readonly id: string;
  /** The id that the user has, or would have had. */
  readonly userId: UserId;
}

export interface PendingCreation extends Wish {
  readonly state: "PENDING";
}

export interface CreatedCreation extends Wish {
  readonly state: "CREATED";
}

export interface RejectedCreation extends Wish {
  readonly state: "REJECTED";
  readonly reason: RejectionReason;
}

/** Why there will be no user. Kept and published, so never renamed. */
export type RejectionReason = keyof typeof rejections;

const rejections = {
  EMAIL_TAKEN: emailTaken,
  INVALID_EMAIL: invalidEmail,
  INVALID_NAME: invalidName,
  USER_ID_TAKEN: userIdTaken,
  CANCELLED: cancelled,
} satisfies Record<string, () => DomainError>;

/** The rejection as a failure, for whoever waited for it. */
export const rejectionError = (reason: RejectionReason): DomainError => rejections[reason]();

/** Whether a failure of the domain is one that rejects a creation. */
export const isRejectionReason = (reason: string): reason is RejectionReason => Object.hasOwn(rejections, reason);

export const pending = (id: string, userId: UserId): PendingCreation => ({ id, userId, state: "PENDING" });

export const created = ({ id, userId }: PendingCreation): CreatedCreation => ({ id, userId, state: "CREATED" });

export const rejected = ({ id, userId }: PendingCreation, reason: RejectionReason): RejectedCreation => ({
  id,
  userId,
  state: "REJECTED",
  reason,
});

export const isDecided = (creation: Creation): creation is DecidedCreation => creation.state !== "PENDING";
