import { withPassword } from "../domain/account.ts";
import { invalidCredentials } from "../domain/errors.ts";
import type { CheckPassword } from "./check-password.ts";
import type { HashNewPassword } from "./new-password.ts";
import type { AccountReader, Clock, UnitOfWork } from "./ports.ts";

export interface ChangePasswordCommand {
  readonly userId: string;
  /** The session that asks; it goes on. */
  readonly sessionId: string;
  readonly currentPassword: string;
  readonly newPassword: string;
  readonly ipAddress: string;
}

/** @throws DomainError INVALID_CREDENTIALS, those of the password policy, THROTTLED, OVERLOADED. */
export type ChangePassword = (command: ChangePasswordCommand) => Promise<void>;

interface ChangePasswordDeps {
  readonly uow: UnitOfWork;
  readonly accounts: AccountReader;
  readonly checkPassword: CheckPassword;
  readonly hashNewPassword: HashNewPassword;
  readonly clock: Clock;
}

/** Ends the person's other sessions and whatever link was mailed, and tells them by mail. */
export function createChangePassword(deps: ChangePasswordDeps): ChangePassword {
  return async ({ userId, sessionId, currentPassword, newPassword, ipAddress }) => {
    const seen = await deps.accounts.find(userId);
    if (seen === null || !(await deps.checkPassword(seen, currentPassword, ipAddress))) throw invalidCredentials();
    const hash = await deps.hashNewPassword(newPassword, seen.email);

    await deps.uow.run(async ({ accounts, sessions, proofs, mails, audit }) => {
      const account = await accounts.find(userId);
      // Suspended, or changed by somebody else, while this was hashing.
      if (account?.status !== "ACTIVE" || account.credentialVersion !== seen.credentialVersion) {
        throw invalidCredentials();
      }
      const now = deps.clock.now();
      await accounts.save(withPassword(account, hash, now));
      await sessions.revokeAll(userId, "PASSWORD_CHANGED", now, sessionId);
      await proofs.revoke(userId);
      const { email: to, locale } = account;
      await mails.send({ template: "PASSWORD_CHANGED", to, locale, userId, proofId: null });
      await audit({ event: "password_changed", userId, sessionId, ipAddress });
    });
  };
}
