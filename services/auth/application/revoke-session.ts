import { sessionNotFound } from "../domain/errors.ts";
import type { RevokeReason } from "../domain/session.ts";
import type { Clock, UnitOfWork } from "./ports.ts";

export interface RevokeSessionCommand {
  readonly userId: string;
  readonly sessionId: string;
  /** Of the device that asks. */
  readonly ipAddress?: string;
}

/** @throws DomainError SESSION_NOT_FOUND when the user has no such open session. */
export type RevokeSession = (command: RevokeSessionCommand) => Promise<void>;

/** Ends the session that asks. Once it has ended, nothing more happens. */
export type Logout = (command: RevokeSessionCommand) => Promise<void>;

interface RevokeSessionDeps {
  readonly uow: UnitOfWork;
  readonly clock: Clock;
}

export function createRevokeSession(deps: RevokeSessionDeps): RevokeSession {
  return async (command) => {
    if (!(await revoke(deps, command, "REVOKED"))) throw sessionNotFound();
  };
}

export function createLogout(deps: RevokeSessionDeps): Logout {
  return async (command) => void (await revoke(deps, command, "LOGOUT"));
}

function revoke(deps: RevokeSessionDeps, command: RevokeSessionCommand, reason: RevokeReason): Promise<boolean> {
  const { userId, sessionId, ipAddress = "" } = command;
  return deps.uow.run(async ({ sessions, audit }) => {
    const revoked = await sessions.revoke(sessionId, userId, reason, deps.clock.now());
    if (revoked) await audit({ event: "session_revoked", userId, sessionId, reason, ipAddress });
    return revoked;
  });
}
