import { DomainError } from "../../platform/errors.ts";
import { isEmailChangeRejection, madeChange, type PendingEmailChange } from "../domain/email-change.ts";
import { userEmailChanged } from "../domain/events.ts";
import { changeEmail, parseEmail } from "../domain/user.ts";
import {
  answerEmailChange,
  type EmailChangeAnswer,
  type EmailChangeCommand,
  rejectChange,
} from "./email-change-answers.ts";
import type { Clock, Transaction, UnitOfWork } from "./ports.ts";

/** The intention to give a user another address, which the requester knows to be theirs. */
export interface ChangeUserEmailCommand extends EmailChangeCommand {
  readonly email: string;
}

export type ChangeUserEmail = (command: ChangeUserEmailCommand, messageId: string) => Promise<void>;

/**
 * Always answers, as create-user.ts does. The unique index on the address is the judge between this and whoever else wants
 * the address at the same time.
 */
export function createChangeUserEmail(deps: { uow: UnitOfWork; clock: Clock }): ChangeUserEmail {
  return (command, messageId) =>
    answerEmailChange(deps, command, messageId, async (tx, change, now) => {
      try {
        return await decide(tx, change, command.email, now);
      } catch (error) {
        if (!(error instanceof DomainError) || !isEmailChangeRejection(error.reason)) throw error;
        return rejectChange(tx, change, error.reason, now);
      }
    });
}

async function decide(
  tx: Transaction,
  change: PendingEmailChange,
  rawEmail: string,
  now: Date,
): Promise<EmailChangeAnswer> {
  const email = parseEmail(rawEmail);
  const user = await tx.users.find(change.userId);
  if (user === null) return rejectChange(tx, change, "USER_NOT_FOUND", now);
  const changed = changeEmail(user, email, now);
  if (changed !== user && (await tx.users.saveEmail(changed)) === "EMAIL_TAKEN") {
    return rejectChange(tx, change, "EMAIL_TAKEN", now);
  }
  const decision = madeChange(change);
  await tx.emailChanges.decide(decision);
  return userEmailChanged(changed, decision);
}
