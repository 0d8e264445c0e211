import { type UserSnapshot, withChangedEmail } from "../domain/account.ts";
import { completedChange, rejectedChange } from "../domain/email-change.ts";
import { userIdMismatch } from "../domain/errors.ts";
import type { Clock, UnitOfWork } from "./ports.ts";
import { projectUser } from "./project-user.ts";

/** The answers to a change of an address. Each takes the id of the message that brought it. */
export interface SettleEmailChange {
  userEmailChanged(changeId: string, user: UserSnapshot, messageId: string): Promise<void>;
  userEmailChangeRejected(changeId: string, userId: string, reason: string, messageId: string): Promise<void>;
}

/**
 * Answers may come in any order among the other news of the user, and more than once: versions guard the projection, the
 * change's state guards what happens once. Locks are always taken account first, change second.
 *
 * A completed change ends whatever link was mailed, and every session but the one that asked for it: the address is what
 * people come in with and what resets their password, so whoever sits in a stolen session must not outlive it.
 */
export function createSettleEmailChange(deps: { uow: UnitOfWork; clock: Clock }): SettleEmailChange {
  return {
    userEmailChanged: (changeId, user, messageId) =>
      deps.uow.runOnce(messageId, async (tx) => {
        const now = deps.clock.now();
        const account = await projectUser(tx, user, now, null);
        const change = await tx.emailChanges.find(changeId);
        // Asked for by somebody else, or ended before.
        if (change === null || change.addresses === null) return;
        const { userId, addresses, sessionId } = change;
        if (userId !== user.userId) throw userIdMismatch();
        await tx.emailChanges.save(completedChange(change, now));
        await tx.accounts.save(withChangedEmail(account, addresses.to, now));
        await tx.sessions.revokeAll(userId, "EMAIL_CHANGED", now, sessionId ?? undefined);
        await tx.proofs.revoke(userId);
        if (account.status === "ACTIVE") {
          const { locale } = account;
          await tx.mails.send({ template: "EMAIL_CHANGED", to: addresses.from, locale, userId, proofId: null });
        }
        await tx.audit({ event: "email_changed", userId, changeId });
      }),

    userEmailChangeRejected: (changeId, userId, reason, messageId) =>
      deps.uow.runOnce(messageId, async ({ accounts, emailChanges, mails, audit }) => {
        const account = await accounts.find(userId);
        const change = await emailChanges.find(changeId);
        if (change === null || change.addresses === null) return;
        if (account === null || change.userId !== userId) throw userIdMismatch();
        await emailChanges.save(rejectedChange(change, reason, deps.clock.now()));
        if (account.status === "ACTIVE") {
          const { email: to, locale } = account;
          await mails.send({ template: "EMAIL_CHANGE_REJECTED", to, locale, userId, proofId: null });
        }
        await audit({ event: "email_change_rejected", userId, changeId, reason });
      }),
  };
}
