import type { Role } from "../domain/account.ts";
import type { Email } from "../domain/email.ts";
import type { Proof, ProofKind } from "../domain/proof.ts";
import type { Session } from "../domain/session.ts";

/**
 * The normalised password.
 * @param field which field of the request holds it
 * @throws DomainError that names everything that is wrong with a new password.
 */
export type PasswordPolicy = (password: string, email: Email, field: "password" | "new_password") => Promise<string>;

/** Whether a normalised password is known from a data breach. Rejects where that cannot be looked up. */
export type BreachedPasswords = (password: string) => Promise<boolean>;

/** SHA-256 over the parts in their order; other parts never give the same digest by being joined otherwise. */
export type RequestDigest = (parts: readonly string[]) => Uint8Array;

/**
 * Takes normalised passwords. Hashing is slow on purpose, so each call waits for its turn, verifications first.
 * @throws DomainError OVERLOADED, at once, when the wait would be too long.
 */
export interface PasswordHasher {
  /**
   * Does what comes to one verification, sooner or later. To be refused costs nothing.
   * @throws DomainError OVERLOADED, before anything is done, where the verification would have to wait for too long.
   */
  admit<T>(work: () => Promise<T>): Promise<T>;
  /** A PHC string. */
  hash(password: string): Promise<string>;
  /** With no hash, or one that cannot be used, it takes as long as with any other, and the answer is false. */
  verify(hash: string | null, password: string): Promise<boolean>;
  /** Whether the hash was made with other parameters than those in use. */
  needsRehash(hash: string): boolean;
}

export interface PasswordHashes {
  /** Replaces a hash by another one of the same password. Does nothing when the password was changed meanwhile. */
  replace(userId: string, oldHash: string, newHash: string): Promise<void>;
}

/** What an access token says. */
export interface AccessClaims {
  readonly userId: string;
  readonly sessionId: string;
  readonly roles: readonly Role[];
  readonly emailVerified: boolean;
}

export interface AccessTokenSigner {
  readonly lifetimeSeconds: number;
  /** @throws DomainError KEYS_UNAVAILABLE before the signing keys have been read. */
  sign(claims: AccessClaims): Promise<string>;
}

export interface PresentedRefreshToken {
  readonly sessionId: string;
  readonly counter: number;
  readonly proof: Uint8Array;
}

/** A refresh token is made from its session's salt and a number; the same two always give the same token. */
export interface RefreshTokens {
  newSalt(): Uint8Array;
  mint(session: Pick<Session, "id" | "salt" | "counter">): string;
  /** Null when the text has not the form of a refresh token. What it claims is not to be believed yet. */
  parse(token: string): PresentedRefreshToken | null;
  /** Whether the session has ever had this token. */
  verify(presented: PresentedRefreshToken, session: Pick<Session, "id" | "salt">): boolean;
}

/** The token of a mailed link is made from its proof; the same proof always gives the same token. */
export interface ProofTokens {
  mint(proof: Pick<Proof, "id" | "kind">): string;
  /** The id of the proof, when the token was made for one of these kinds; else null. */
  verify(token: string, kinds: readonly ProofKind[]): string | null;
}

/** An open session of somebody who may come in, with what its next access token says. */
export interface RefreshableSession
  extends Pick<Session, "id" | "userId" | "salt" | "counter" | "rotateTime">,
    Omit<AccessClaims, "sessionId"> {}

/** Outside any unit of work: one statement. */
export interface SessionOpener {
  /**
   * Keeps the session, and with it `login_succeeded` in the audit trail. False when the account is no longer ACTIVE or has
   * another credential version than the one that was checked before hashing: then nothing is kept.
   */
  open(session: Session, credentialVersion: number): Promise<boolean>;
}

/** Outside any unit of work: each call is one statement. */
export interface SessionRotation {
  /** Null when the session is revoked, past a limit or unknown, or its account not ACTIVE. */
  find(id: string, now: Date): Promise<RefreshableSession | null>;
  /**
   * Moves the counter on, if it still is `counter` and `find` would find the session: of many at once, one succeeds. The
   * session after that, or null.
   */
  rotate(id: string, counter: number, now: Date): Promise<RefreshableSession | null>;
}

/** A session as its user may see it. */
export interface SessionView extends Pick<Session, "id" | "createTime" | "lastUsedTime" | "userAgent" | "ipAddress"> {}

export interface SessionReader {
  /** The user's open sessions, newest first. */
  list(userId: string, now: Date): Promise<SessionView[]>;
}

/** What an access token proved, and until when. */
export interface VerifiedAccess {
  readonly userId: string;
  readonly sessionId: string;
  readonly roles: readonly string[];
  readonly expireTime: Date;
}

export interface AccessTokenVerifier {
  /**
   * @throws DomainError of kind "unauthenticated" for a token that does not count; of kind "unavailable" while that
   * cannot be known.
   */
  verify(accessToken: string): Promise<VerifiedAccess>;
}

/** Who guesses, and at what. */
export interface Guess {
  /** The address as it was submitted, whether or not anybody has it. */
  readonly email: string;
  readonly ipAddress: string;
  /** Whose address it is, where that is known or being asked; for the audit trail. */
  readonly userId: string | null | Promise<string | null>;
}

/**
 * Slows guessers down, and stands in front of everything that checks a credential. An unknown address is slowed like a
 * known one. It never locks anybody out: who guesses from elsewhere does not slow the networks from which the owner logs
 * in, and each delay is the guessing network's own. Where everybody together does too much, each network has a share.
 * @throws DomainError THROTTLED, with the time to wait: from each method, before anything is evaluated.
 */
export interface Guard {
  /**
   * A guess at the password of an address. `evaluate` gives null for a wrong one. What it gives otherwise makes the
   * network known as one of the owner's; when it throws, nothing was guessed.
   */
  password<T>(guess: Guess, evaluate: () => Promise<T | null>): Promise<T | null>;
  /** Each one counts, for the network and for everybody together. Null, for an address that is taken, is a failure. */
  registration<T>(ipAddress: string, evaluate: () => Promise<T | null>): Promise<T | null>;
  /** A link that somebody presents. Null counts as a failure of the network. */
  proof<T>(ipAddress: string, evaluate: () => Promise<T | null>): Promise<T | null>;
  /** Before a mail that anybody can ask for: each one counts, for the address and for the network that asks. */
  mail(email: string, ipAddress: string): Promise<void>;
  /** The owner has proven to be the owner otherwise, e.g. by a mailed link: their next guess from here is free. */
  owner(email: string, ipAddress: string): Promise<void>;
}

/** What an auditor asks for later: ids and addresses of devices, never a credential. What an event may say, its type says. */
export type AuditEntry = { readonly ipAddress?: string } & (
  | { readonly event: "login_succeeded"; readonly userId: string; readonly sessionId: string }
  | { readonly event: "login_failed"; readonly userId: string | null }
  | { readonly event: "refresh_token_reused"; readonly userId: string; readonly sessionId: string }
  | { readonly event: "session_revoked"; readonly userId: string; readonly sessionId: string; readonly reason: string }
  | { readonly event: "password_changed"; readonly userId: string; readonly sessionId: string }
  | {
      readonly event: "email_change_requested";
      readonly userId: string;
      readonly sessionId: string;
      readonly changeId: string;
    }
  | { readonly event: "email_change_confirmed" | "email_changed"; readonly userId: string; readonly changeId: string }
  | {
      readonly event: "email_change_rejected";
      readonly userId: string;
      readonly changeId: string;
      readonly reason: string;
    }
  | { readonly event: "password_reset" | "email_verified"; readonly userId: string }
  | {
      readonly event: "user_suspended" | "user_reactivated" | "user_deleted";
      readonly userId: string;
      /** Id of the user who did it, where users-service tells. */
      readonly by: string | null;
    }
  | {
      readonly event: "role_granted" | "role_revoked";
      readonly userId: string;
      readonly by: Operator;
      readonly role: Role;
    }
  | { readonly event: "signing_key_rotated" | "signing_key_revoked"; readonly by: Operator; readonly kid: string }
  | { readonly event: "audit_pruned"; readonly by: Operator; readonly before: string }
  | { readonly event: "throttled"; readonly userId: string | null; readonly scope: "address" | "network" | "everybody" }
);

/** Who acts where no user does: somebody at a shell, or Limen by itself. */
export type Operator = "operator" | "system";

/** Kept for good before it resolves; in a unit of work, together with what it tells of. */
export type Audit = (entry: AuditEntry) => Promise<void>;

/** A kept entry. */
export interface AuditEvent {
  /** UUIDv7: sorts by time. */
  readonly id: string;
  readonly type: AuditEntry["event"];
  readonly occurTime: Date;
  readonly userId: string | null;
  /** A user's id or an Operator; null when nobody is known. */
  readonly actor: string | null;
  readonly sessionId: string | null;
  readonly ipAddress: string | null;
  readonly details: Readonly<Record<string, string>>;
}

export interface AuditQuery {
  readonly userId?: string;
  readonly type?: string;
  readonly since?: Date;
  readonly until?: Date;
}

export interface AuditReader {
  /** Newest first, those before the event `before`. */
  newest(query: AuditQuery, page: { readonly before: string | null; readonly limit: number }): Promise<AuditEvent[]>;
  /** Oldest first, those after the event `after`. */
  oldest(query: AuditQuery, page: { readonly after: string | null; readonly limit: number }): Promise<AuditEvent[]>;
}
