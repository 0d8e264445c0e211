import type { Role } from "../domain/account.ts";
import type { Email } from "../domain/email.ts";
import type { Session } from "../domain/session.ts";

/** The normalised password. @throws DomainError that says why a new password will not do. */
export type PasswordPolicy = (password: string, email: Email) => string;

/** SHA-256 over the parts in their order; other parts never give the same digest by being joined otherwise. */
export type RequestDigest = (parts: readonly string[]) => Uint8Array;

/**
 * Takes normalised passwords. Hashing is slow on purpose, so each call waits for its turn, verifications first.
 * @throws DomainError OVERLOADED, at once, when the wait would be too long.
 */
export interface PasswordHasher {
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

/** An open session of somebody who may come in, with what its next access token says. */
export interface RefreshableSession
  extends Pick<Session, "id" | "userId" | "salt" | "counter" | "rotateTime">,
    Omit<AccessClaims, "sessionId"> {}

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

/** What an auditor asks for later. Ids and addresses of devices, never a credential. */
export type AuditEntry =
  | {
      readonly event: "login_succeeded";
      readonly userId: string;
      readonly sessionId: string;
      readonly ipAddress: string;
    }
  | { readonly event: "login_failed"; readonly userId: string | null; readonly ipAddress: string }
  | { readonly event: "refresh_token_reused"; readonly userId: string; readonly sessionId: string }
  | { readonly event: "session_revoked"; readonly userId: string; readonly sessionId: string; readonly reason: string }
  | { readonly event: "role_granted" | "role_revoked"; readonly userId: string; readonly role: Role };

export type Audit = (entry: AuditEntry) => void;
