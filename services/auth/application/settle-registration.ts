import type { Account, UserSnapshot } from "../domain/account.ts";
import { userIdMismatch } from "../domain/errors.ts";
import { completed, failed, isFinished, rejected } from "../domain/registration.ts";
import type { MailLink } from "./mail-link.ts";
import type { Clock, Transaction, UnitOfWork } from "./ports.ts";
import { projectUser } from "./project-user.ts";

/** What auth makes of the news about users. Each takes the id of the message that brought it. */
export interface SettleRegistration {
  /** The answer to a registration; or, when none asked for it, a person who is INVITED to set a first password. */
  userCreated(creationId: string, user: UserSnapshot, messageId: string): Promise<void>;
  userCreationRejected(creationId: string, reason: string, messageId: string): Promise<void>;
  /**
   * Updated, suspended, reactivated or deleted: whoever may not come in any more is out at once.
   * @param actor id of the user who did it, where that is told
   */
  userChanged(user: UserSnapshot, messageId: string, actor?: string | null): Promise<void>;
}

/**
 * Events may come in any order and more than once. Versions guard the projection, the registration's state guards the
 * saga, and neither waits for the other: a suspension that overtakes the creation must not leave the registration open.
 * Locks are always taken registration first, account second.
 *
 * Who has registered is mailed a link that verifies the address; who was invited, one to set a first password.
 */
export function createSettleRegistration(deps: {
  uow: UnitOfWork;
  clock: Clock;
  mailLink: MailLink;
}): SettleRegistration {
  return {
    userCreated: (creationId, user, messageId) =>
      deps.uow.runOnce(messageId, async (tx) => {
        const now = deps.clock.now();
        const registration = await tx.registrations.find(creationId);
        // Nobody may get somebody else's password.
        if (registration !== null && registration.userId !== user.userId) throw userIdMismatch();
        const applicant = registration === null || isFinished(registration) ? null : registration.applicant;
        if (registration !== null && applicant !== null && user.status === "DELETED") {
          await projectUser(tx, user, now, null);
          return tx.registrations.save(failed(registration, "USER_DELETED", now));
        }
        const account = await projectUser(tx, user, now, applicant);
        if (registration === null) await invite(tx, account, now);
        if (registration === null || applicant === null) return;
        if (account.status === "ACTIVE" && !account.emailVerified) await deps.mailLink(tx, account, "VERIFY_EMAIL");
        await tx.registrations.save(completed(registration, now));
        await tx.messages.send({
          type: "user-registered",
          registrationId: registration.id,
          userId: user.userId,
          occurTime: now,
        });
      }),

    userCreationRejected: (creationId, reason, messageId) =>
      deps.uow.runOnce(messageId, async ({ registrations }) => {
        const registration = await registrations.find(creationId);
        if (registration === null || isFinished(registration)) return;
        await registrations.save(rejected(registration, reason, deps.clock.now()));
      }),

    userChanged: (user, messageId, actor = null) =>
      deps.uow.runOnce(messageId, async (tx) => {
        const now = deps.clock.now();
        const registration = user.status === "DELETED" ? await tx.registrations.findByUserId(user.userId) : null;
        await projectUser(tx, user, now, null, actor);
        if (registration !== null && !isFinished(registration)) {
          await tx.registrations.save(failed(registration, "USER_DELETED", now));
        }
      }),
  };

  /** Once, however often the news comes. */
  async function invite(tx: Transaction, account: Account, now: Date): Promise<void> {
    if (account.status !== "ACTIVE" || account.passwordHash !== null) return;
    if (!(await tx.proofs.isOutstanding(account.userId, now))) await deps.mailLink(tx, account, "INVITATION");
  }
}
