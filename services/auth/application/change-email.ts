import { DomainError } from "../../platform/errors.ts";
import { type Email, parseEmail } from "../domain/email.ts";
import { emailUnchanged, invalidCredentials } from "../domain/errors.ts";
import type { ProofLifetimes } from "../domain/proof.ts";
import type { CheckPassword } from "./check-password.ts";
import type { Guard } from "./credential-ports.ts";
import type { AccountReader, Clock, Ids, UnitOfWork } from "./ports.ts";

export interface ChangeEmailCommand {
  readonly userId: string;
  /** The session that asks; it goes on when the address has changed. */
  readonly sessionId: string;
  readonly newEmail: string;
  readonly currentPassword: string;
  readonly ipAddress: string;
}

/** @throws DomainError INVALID_EMAIL, INVALID_CREDENTIALS, EMAIL_UNCHANGED, THROTTLED, OVERLOADED. */
export type ChangeEmail = (command: ChangeEmailCommand) => Promise<void>;

interface ChangeEmailDeps {
  readonly uow: UnitOfWork;
  readonly accounts: AccountReader;
  readonly guard: Guard;
  readonly checkPassword: CheckPassword;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly proofLifetimesMs: ProofLifetimes;
}

/**
 * Mails a link to the other address, and tells the present one, whose owner can still undo it: another password ends the
 * link. To an address that somebody else comes in with goes no link, but word to them; whoever asks sees no difference.
 */
export function createChangeEmail(deps: ChangeEmailDeps): ChangeEmail {
  return async ({ userId, sessionId, newEmail, currentPassword, ipAddress }) => {
    const email = parseNewEmail(newEmail);
    const seen = await deps.accounts.find(userId);
    if (seen === null || !(await deps.checkPassword(seen, currentPassword, ipAddress))) throw invalidCredentials();
    if (seen.email === email) throw emailUnchanged();
    await deps.guard.mail(email, ipAddress);
    const owner = await deps.accounts.findByEmail(email);

    await deps.uow.run(async ({ accounts, proofs, mails, audit }) => {
      const account = await accounts.find(userId);
      // Suspended, or changed by somebody else, while this was hashing.
      if (account?.status !== "ACTIVE" || account.credentialVersion !== seen.credentialVersion) {
        throw invalidCredentials();
      }
      const issueTime = deps.clock.now();
      const expireTime = new Date(issueTime.getTime() + deps.proofLifetimesMs.CHANGE_EMAIL);
      const id = deps.ids.next();
      await proofs.issue({ id, kind: "CHANGE_EMAIL", userId, email, sessionId, issueTime, expireTime });
      const { locale } = account;
      await mails.send(
        owner?.status === "ACTIVE"
          ? { template: "EMAIL_IN_USE", to: email, locale: owner.locale, userId: owner.userId, proofId: null }
          : { template: "CHANGE_EMAIL", to: email, locale, userId, proofId: id },
      );
      await mails.send({ template: "EMAIL_CHANGE_REQUESTED", to: account.email, locale, userId, proofId: null });
      await audit({ event: "email_change_requested", userId, sessionId, ipAddress, changeId: id });
    });
  };
}

function parseNewEmail(raw: string): Email {
  try {
    return parseEmail(raw);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    throw new DomainError(error.kind, error.reason, error.message, { field: "new_email", cause: error });
  }
}
