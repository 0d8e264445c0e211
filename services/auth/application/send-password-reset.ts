import { parseEmail } from "../domain/email.ts";
import type { MailLink } from "./mail-link.ts";
import type { AccountReader, UnitOfWork } from "./ports.ts";

/** @throws DomainError INVALID_EMAIL. */
export type SendPasswordReset = (email: string, messageId: string) => Promise<void>;

/** Mails the link that somebody asked for, to those who may come in, and to those who have not set a password yet. */
export function createSendPasswordReset(deps: {
  uow: UnitOfWork;
  accounts: AccountReader;
  mailLink: MailLink;
}): SendPasswordReset {
  return async (rawEmail, messageId) => {
    const email = parseEmail(rawEmail);
    const seen = await deps.accounts.findByEmail(email);
    if (seen === null) return;
    await deps.uow.runOnce(messageId, async (tx) => {
      const account = await tx.accounts.find(seen.userId);
      if (account?.status !== "ACTIVE" || account.email !== email) return;
      await deps.mailLink(tx, account, account.passwordHash === null ? "INVITATION" : "RESET");
    });
  };
}
