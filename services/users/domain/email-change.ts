import type { UserId } from "./user.ts";

/** The wish for another address, and what became of it. Decided once, for ever: by its change or by its cancellation. */
export type EmailChange = PendingEmailChange | DecidedEmailChange;
export type DecidedEmailChange = MadeEmailChange | RejectedEmailChange;

interface Wish {
  readonly id: string;
  readonly userId: UserId;
}

export interface PendingEmailChange extends Wish {
  readonly state: "PENDING";
}

export interface MadeEmailChange extends Wish {
  readonly state: "CHANGED";
}

export interface RejectedEmailChange extends Wish {
  readonly state: "REJECTED";
  readonly reason: EmailChangeRejection;
}

/** Why the address stays as it was. Kept and published, so never renamed. */
const rejections = [
  "EMAIL_TAKEN",
  "INVALID_EMAIL",
  "USER_NOT_FOUND",
  "USER_SUSPENDED",
  "USER_DELETED",
  "CANCELLED",
] as const;
export type EmailChangeRejection = (typeof rejections)[number];

/** Whether a failure of the domain is one that rejects a change. */
export const isEmailChangeRejection = (reason: string): reason is EmailChangeRejection =>
  rejections.some((known) => known === reason);

export const pendingChange = (id: string, userId: UserId): PendingEmailChange => ({ id, userId, state: "PENDING" });

export const madeChange = ({ id, userId }: PendingEmailChange): MadeEmailChange => ({ id, userId, state: "CHANGED" });

export const rejectedChange = (
  { id, userId }: PendingEmailChange,
  reason: EmailChangeRejection,
): RejectedEmailChange => ({ id, userId, state: "REJECTED", reason });

export const isDecidedChange = (change: EmailChange): change is DecidedEmailChange => change.state !== "PENDING";
