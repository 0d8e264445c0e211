import { accountNotFound } from "../domain/errors.ts";
import type { Guard } from "./credential-ports.ts";
import type { MailLink } from "./mail-link.ts";
import type { AccountReader, UnitOfWork } from "./ports.ts";

export interface SendEmailVerificationCommand {
  readonly userId: string;
  readonly ipAddress: string;
}

/** @throws DomainError ACCOUNT_NOT_FOUND, THROTTLED. */
export type SendEmailVerification = (command: SendEmailVerificationCommand) => Promise<void>;

interface SendEmailVerificationDeps {
  readonly uow: UnitOfWork;
  readonly accounts: AccountReader;
  readonly guard: Guard;
  readonly mailLink: MailLink;
}

/** Mails the link that proves the person's address; nothing to one that is proven. */
export function createSendEmailVerification(deps: SendEmailVerificationDeps): SendEmailVerification {
  return async ({ userId, ipAddress }) => {
    const seen = await deps.accounts.find(userId);
    if (seen === null) throw accountNotFound();
    if (seen.emailVerified) return;
    await deps.guard.mail(seen.email, ipAddress);
    await deps.uow.run(async (tx) => {
      const account = await tx.accounts.find(userId);
      if (account?.status !== "ACTIVE" || account.emailVerified) return;
      await deps.mailLink(tx, account, "VERIFY_EMAIL");
    });
  };
}
