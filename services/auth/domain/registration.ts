import type { Email } from "./email.ts";
import type { Locale } from "./locale.ts";
import type { Saga } from "./saga.ts";

export type RegistrationState =
  | "ACCEPTED"
  | "AWAITING_PROOF"
  | "CREATING"
  | "COMPLETED"
  | "REJECTED"
  | "COMPENSATING"
  | "FAILED";

/**
 * Somebody on the way in. Immutable: each step is a new record.
 *
 *   AWAITING_PROOF ─▶ ACCEPTED, or FAILED when the proof does not come in time
 *
 *   ACCEPTED ─▶ CREATING ─▶ COMPLETED
 *                  │  ├───▶ REJECTED        users-service refused
 *                  │  └───▶ FAILED          the user was deleted meanwhile
 *                  └─▶ COMPENSATING ─▶ FAILED (or COMPLETED: the user had been created before it was cancelled)
 *
 * What belongs to the person is known only until the registration is finished.
 */
export interface Registration extends Saga {
  readonly userId: string;
  readonly state: RegistrationState;
  readonly reason: string | null;
  readonly applicant: Applicant | null;
  readonly idempotencyKey: string | null;
  /** SHA-256 over name and email: tells whether a key is used for another request. The password has no part in it. */
  readonly requestHash: Uint8Array;
}

export interface Applicant {
  readonly name: string;
  readonly email: Email;
  readonly passwordHash: string;
  readonly locale: Locale;
  /** The person has proven to read the address's mail. */
  readonly emailVerified: boolean;
}

const finished: ReadonlySet<RegistrationState> = new Set(["COMPLETED", "REJECTED", "FAILED"]);

export const isFinished = (registration: Pick<Registration, "state">): boolean => finished.has(registration.state);

export interface NewRegistration {
  readonly id: string;
  readonly userId: string;
  readonly applicant: Applicant;
  readonly idempotencyKey: string | null;
  readonly requestHash: Uint8Array;
}

export function accepted(registration: NewRegistration, now: Date, nextSendTime: Date): Registration {
  return { ...registration, state: "ACCEPTED", reason: null, sends: 1, nextSendTime, createTime: now, updateTime: now };
}

/** Nothing is asked of anybody before the person has proven the address. */
export function awaitingProof(registration: NewRegistration, now: Date, nextSendTime: Date): Registration {
  return { ...accepted(registration, now, nextSendTime), state: "AWAITING_PROOF" };
}

/** No command is pending any more; at `expireTime` the registration is given up. */
export function proofMailed(registration: Registration, now: Date, expireTime: Date): Registration {
  return { ...registration, sends: 0, nextSendTime: expireTime, updateTime: now };
}

export const isProofMailed = ({ state, sends }: Registration): boolean => state === "AWAITING_PROOF" && sends === 0;

export function proven(registration: Registration, now: Date, nextSendTime: Date): Registration {
  const applicant = registration.applicant && { ...registration.applicant, emailVerified: true };
  return { ...registration, applicant, state: "ACCEPTED", sends: 1, nextSendTime, updateTime: now };
}

/** The user is asked for: `nextSendTime` is when to ask again if no answer comes. */
export function creating(registration: Registration, now: Date, nextSendTime: Date): Registration {
  return { ...registration, state: "CREATING", sends: 1, nextSendTime, updateTime: now };
}

export const completed = (registration: Registration, now: Date): Registration =>
  finish(registration, "COMPLETED", null, now);

/** users-service refused, or confirmed that it will not create the user any more. */
export const rejected = (registration: Registration, reason: string, now: Date): Registration =>
  finish(registration, reason === "CANCELLED" ? "FAILED" : "REJECTED", reason, now);

export const failed = (registration: Registration, reason: string, now: Date): Registration =>
  finish(registration, "FAILED", reason, now);

function finish(registration: Registration, state: RegistrationState, reason: string | null, now: Date): Registration {
  return { ...registration, state, reason, applicant: null, nextSendTime: null, updateTime: now };
}
