import type { Account } from "../domain/account.ts";
import type { Device, Session } from "../domain/session.ts";
import type { AccessClaims, AccessTokenSigner, RefreshTokens, SessionOpener } from "./credential-ports.ts";
import type { Clock, Ids } from "./ports.ts";

/** RFC 6749, section 5.1. */
export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly tokenType: "Bearer";
  /** Seconds until the access token expires. */
  readonly expiresIn: number;
}

export interface OpenedSession {
  readonly userId: string;
  readonly sessionId: string;
  readonly tokens: Tokens;
}

/**
 * Opens a session for an account whose password has just been checked or set. `account` is the record that was read before
 * the hashing: null when it is no longer ACTIVE or has other credentials now.
 */
export type OpenSession = (account: Account, device: Device) => Promise<OpenedSession | null>;

interface OpenSessionDeps {
  readonly opener: SessionOpener;
  readonly issueTokens: IssueTokens;
  readonly refreshTokens: RefreshTokens;
  readonly clock: Clock;
  readonly ids: Ids;
  /** After this time it ends, however often it is refreshed. */
  readonly absoluteTtlMs: number;
}

const longestUserAgent = 512;

export function createOpenSession(deps: OpenSessionDeps): OpenSession {
  return async (account, device) => {
    const now = deps.clock.now();
    const session: Session = {
      id: deps.ids.next(),
      userId: account.userId,
      salt: deps.refreshTokens.newSalt(),
      counter: 1,
      rotateTime: now,
      userAgent: device.userAgent.slice(0, longestUserAgent),
      ipAddress: device.ipAddress,
      createTime: now,
      lastUsedTime: now,
      expireTime: new Date(now.getTime() + deps.absoluteTtlMs),
    };
    if (!(await deps.opener.open(session, account.credentialVersion))) return null;
    const tokens = await deps.issueTokens({ ...account, ...session });
    return { userId: session.userId, sessionId: session.id, tokens };
  };
}

/** The session's current refresh token, and an access token for it. */
export type IssueTokens = (
  session: Pick<Session, "id" | "salt" | "counter"> & Omit<AccessClaims, "sessionId">,
) => Promise<Tokens>;

export function createIssueTokens(deps: { signer: AccessTokenSigner; refreshTokens: RefreshTokens }): IssueTokens {
  return async (session) => ({
    accessToken: await deps.signer.sign({
      userId: session.userId,
      sessionId: session.id,
      roles: session.roles,
      emailVerified: session.emailVerified,
    }),
    refreshToken: deps.refreshTokens.mint(session),
    tokenType: "Bearer",
    expiresIn: deps.signer.lifetimeSeconds,
  });
}
