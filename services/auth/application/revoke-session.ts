import { sessionNotFound } from "../domain/errors.ts";
import type { RevokeReason } from "../domain/session.ts";
import type { Audit } from "./credential-ports.ts";
import type { Clock, UnitOfWork } from "./ports.ts";

export interface RevokeSessionCommand {
  readonly userId: string;
  readonly sessionId: string;
}

/** @throws DomainError SESSION_NOT_FOUND when the user has no such open session. */
export type RevokeSession = (command: RevokeSessionCommand) => Promise<void>;

/** Ends the session that asks. Once it has ended, nothing more happens. */
export type Logout = (command: RevokeSessionCommand) => Promise<void>;

interface RevokeSessionDeps {
  readonly uow: UnitOfWork;
  readonly clock: Clock;
  readonly audit: Audit;
}

export function createRevokeSession(deps: RevokeSessionDeps): RevokeSession {
  return async (command) => {
    if (!(await revoke(deps, command, "REVOKED"))) throw sessionNotFound();
  };
}

export function createLogout(deps: RevokeSessionDeps): Logout {
  return async (command) => void (await revoke(deps, command, "LOGOUT"));
}

async function revoke(deps: RevokeSessionDeps, { userId, sessionId }: RevokeSessionCommand, reason: RevokeReason) {
  const now = deps.clock.now();
  const revoked = await deps.uow.run(({ sessions }) => sessions.revoke(sessionId, userId, reason, now));
  if (revoked) deps.audit({ event: "session_revoked", userId, sessionId, reason });
  return revoked;
}
