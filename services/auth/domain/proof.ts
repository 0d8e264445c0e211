import type { Email } from "./email.ts";

/**
 * What whoever follows a mailed link may do with it: set a password, confirm the address, set the first password; or go on
 * with a registration, which then is its own proof: the ids are the same.
 */
export type ProofKind = "RESET" | "VERIFY_EMAIL" | "INVITATION" | "REGISTRATION";

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
  readonly issueTime: Date;
  readonly expireTime: Date;
}

/** In milliseconds, from when the mail leaves. */
export type ProofLifetimes = Readonly<Record<ProofKind, number>>;
