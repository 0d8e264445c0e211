import { withPassword, withVerifiedEmail } from "../domain/account.ts";
import { invalidProof } from "../domain/errors.ts";
import type { Guard } from "./credential-ports.ts";
import type { FindProof } from "./find-proof.ts";
import type { HashNewPassword } from "./new-password.ts";
import type { Clock, UnitOfWork } from "./ports.ts";

export interface ResetPasswordCommand {
  /** Of the mailed link. */
  readonly token: string;
  readonly newPassword: string;
  readonly ipAddress: string;
}

/** @throws DomainError INVALID_PROOF, those of the password policy (the link still counts), THROTTLED, OVERLOADED. */
export type ResetPassword = (command: ResetPasswordCommand) => Promise<void>;

interface ResetPasswordDeps {
  readonly uow: UnitOfWork;
  readonly findProof: FindProof;
  readonly guard: Guard;
  readonly hashNewPassword: HashNewPassword;
  readonly clock: Clock;
}

/**
 * Sets another password, or the first one of somebody invited. Ends every session, opens none, and tells the person by
 * mail. Who could read the link reads the address's mail, so the address is verified, too.
 */
export function createResetPassword(deps: ResetPasswordDeps): ResetPassword {
  return async ({ token, newPassword, ipAddress }) => {
    // Links that count no more end here: they cost no hash.
    const { id, userId, email } = await deps.findProof({ token, kinds: ["RESET", "INVITATION"], ipAddress });
    const hash = await deps.hashNewPassword(newPassword, email);

    await deps.uow.run(async ({ accounts, sessions, proofs, mails, audit }) => {
      const account = await accounts.find(userId);
      const now = deps.clock.now();
      if (account?.status !== "ACTIVE" || account.email !== email || !(await proofs.use(id, now))) throw invalidProof();
      await accounts.save(withVerifiedEmail(withPassword(account, hash, now), now));
      await sessions.revokeAll(userId, "PASSWORD_CHANGED", now);
      await mails.send({ template: "PASSWORD_CHANGED", to: email, locale: account.locale, userId, proofId: null });
      await audit({ event: "password_reset", userId, ipAddress });
    });
    await deps.guard.owner(email, ipAddress);
  };
}
