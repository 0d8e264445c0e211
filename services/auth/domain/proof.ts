import type { Email } from "./email.ts";

/**
 * What whoever follows a mailed link may do with it: set a password, confirm the address, set the first password, take the
 * address in the place of the present one; or go on with a registration, which then is its own proof: the ids are the same.
 */
export type ProofKind = "RESET" | "VERIFY_EMAIL" | "INVITATION" | "CHANGE_EMAIL" | "REGISTRATION";

/**
 * Stands behind a mailed link: whoever has the link reads the mail of this address. It counts once and for a short time,
 * and an account has one at most: a newer one, or a change of what it was made for, ends it.
 */
export interface Proof {
  readonly id: string;
  readonly kind: ProofKind;
  readonly userId: string;
  /** Where the link was mailed to; it proves this address and no later one. */
  readonly email: Email;
  /** The session that asked for it, where that matters when it is used. */
  readonly sessionId?: string;
  readonly issueTime: Date;
  readonly expireTime: Date;
}

/** In milliseconds, from when the mail leaves. */
export type ProofLifetimes = Readonly<Record<ProofKind, number>>;
