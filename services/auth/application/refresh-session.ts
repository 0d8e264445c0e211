import { invalidRefreshToken } from "../domain/errors.ts";
import type { RefreshableSession, RefreshTokens, SessionRotation } from "./credential-ports.ts";
import type { IssueTokens, Tokens } from "./open-session.ts";
import type { Clock, UnitOfWork } from "./ports.ts";

/** @throws DomainError INVALID_REFRESH_TOKEN, whatever is wrong with the token or its session. */
export type RefreshSession = (refreshToken: string, ipAddress?: string) => Promise<Tokens>;

interface RefreshSessionDeps {
  readonly uow: UnitOfWork;
  readonly rotation: SessionRotation;
  readonly refreshTokens: RefreshTokens;
  readonly issueTokens: IssueTokens;
  readonly clock: Clock;
  /** For how long after a rotation the token before it is taken for a lost response, not for a theft. */
  readonly graceMs: number;
}

/**
 * Refresh token rotation (RFC 9700, section 4.14.2). A session's tokens are numbered; each is used once. Whoever presents
 * the last used one again in time gets the same successor as the first time, so that a lost response locks nobody out and
 * of many at once all leave with the same token. An older one, or the same one later, is in two hands: the session ends.
 */
export function createRefreshSession(deps: RefreshSessionDeps): RefreshSession {
  return async (refreshToken, ipAddress = "") => {
    const presented = deps.refreshTokens.parse(refreshToken);
    if (presented === null) throw invalidRefreshToken();
    const now = deps.clock.now();
    const { sessionId, counter } = presented;

    const session = await deps.rotation.find(sessionId, now);
    // Forged tokens end here: they rotate nothing and revoke nothing.
    if (session === null || !deps.refreshTokens.verify(presented, session)) throw invalidRefreshToken();

    const rotated = await deps.rotation.rotate(sessionId, counter, now);
    if (rotated !== null) return deps.issueTokens(rotated);

    const current = await deps.rotation.find(sessionId, now);
    if (current === null || counter >= current.counter) throw invalidRefreshToken();
    if (isLostResponse(counter, current, now)) return deps.issueTokens(current);
    await endReused(current, ipAddress, now);
    throw invalidRefreshToken();
  };

  function isLostResponse(counter: number, { counter: latest, rotateTime }: RefreshableSession, now: Date): boolean {
    return counter === latest - 1 && now.getTime() - rotateTime.getTime() <= deps.graceMs;
  }

  async function endReused(session: RefreshableSession, ipAddress: string, now: Date): Promise<void> {
    const { id: sessionId, userId } = session;
    await deps.uow.run(async ({ sessions, messages, audit }) => {
      if (!(await sessions.revoke(sessionId, userId, "REFRESH_REUSED", now))) return;
      await messages.send({ type: "refresh-token-reused", sessionId, userId, occurTime: now });
      await audit({ event: "refresh_token_reused", userId, sessionId, ipAddress });
    });
  }
}
