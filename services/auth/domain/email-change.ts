import type { Email } from "./email.ts";
import type { Saga } from "./saga.ts";

export type EmailChangeState = "CHANGING" | "COMPLETED" | "REJECTED" | "COMPENSATING" | "FAILED";

/**
 * Somebody's change to another address, which they have proven to read the mail of. Immutable: each step is a new record.
 *
 *   CHANGING ─▶ COMPLETED
 *      ├──────▶ REJECTED        users-service refused
 *      └─▶ COMPENSATING ─▶ FAILED (or COMPLETED, or REJECTED: it had been decided before it was cancelled)
 *
 * Before it is proven, it is nothing but a proof: the ids are the same. An account has one at most that is not finished, so
 * that the last one that somebody confirmed is the last one that happens.
 */
export interface EmailChange extends Saga {
  readonly userId: string;
  readonly state: EmailChangeState;
  /** Why it was refused or given up; null in any other state. */
  readonly reason: string | null;
  /** Known only until the change is finished. */
  readonly addresses: { readonly from: Email; readonly to: Email } | null;
  /** The session that asked for it. */
  readonly sessionId: string | null;
}

export const isFinishedChange = ({ state }: Pick<EmailChange, "state">): boolean =>
  state !== "CHANGING" && state !== "COMPENSATING";

export interface NewEmailChange {
  readonly id: string;
  readonly userId: string;
  readonly addresses: { readonly from: Email; readonly to: Email };
  readonly sessionId: string | null;
}

/** users-service is asked for it: `nextSendTime` is when to ask again if no answer comes. */
export function changing(change: NewEmailChange, now: Date, nextSendTime: Date): EmailChange {
  return { ...change, state: "CHANGING", reason: null, sends: 1, nextSendTime, createTime: now, updateTime: now };
}

export const completedChange = (change: EmailChange, now: Date): EmailChange => finish(change, "COMPLETED", null, now);

/** users-service refused, or confirmed that it will not make the change any more. */
export const rejectedChange = (change: EmailChange, reason: string, now: Date): EmailChange =>
  finish(change, reason === "CANCELLED" ? "FAILED" : "REJECTED", reason, now);

function finish(change: EmailChange, state: EmailChangeState, reason: string | null, now: Date): EmailChange {
  return { ...change, state, reason, addresses: null, nextSendTime: null, updateTime: now };
}
