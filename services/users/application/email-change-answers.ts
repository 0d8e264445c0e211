import {
  type DecidedEmailChange,
  type EmailChangeRejection,
  isDecidedChange,
  type PendingEmailChange,
  pendingChange,
  rejectedChange,
} from "../domain/email-change.ts";
import {
  type UserEmailChanged,
  type UserEmailChangeRejected,
  userEmailChanged,
  userEmailChangeRejected,
} from "../domain/events.ts";
import type { UserId } from "../domain/user.ts";
import type { Clock, Transaction, UnitOfWork } from "./ports.ts";

/** What the requester of a change hears, every time it asks. */
export type EmailChangeAnswer = UserEmailChanged | UserEmailChangeRejected;

export interface EmailChangeCommand {
  readonly changeId: string;
  readonly userId: string;
}

/** Answers a command about a change: with what `decide` makes of it, or with what was decided before. */
export function answerEmailChange(
  { uow, clock }: { uow: UnitOfWork; clock: Clock },
  { changeId, userId }: EmailChangeCommand,
  messageId: string,
  decide: (tx: Transaction, change: PendingEmailChange, now: Date) => Promise<EmailChangeAnswer>,
): Promise<void> {
  return uow.runOnce(messageId, async (tx) => {
    const now = clock.now();
    const change = await tx.emailChanges.claim(pendingChange(changeId, userId as UserId));
    const answer = isDecidedChange(change) ? await recordedAnswer(tx, change, now) : await decide(tx, change, now);
    await tx.messages.publish(answer);
  });
}

/** Decides against a change. */
export async function rejectChange(
  { emailChanges }: Transaction,
  change: PendingEmailChange,
  reason: EmailChangeRejection,
  now: Date,
): Promise<EmailChangeAnswer> {
  const decision = rejectedChange(change, reason);
  await emailChanges.decide(decision);
  return userEmailChangeRejected(decision, now);
}

/** The decision as it was made, told of the user as they are now. */
async function recordedAnswer(
  { users }: Transaction,
  change: DecidedEmailChange,
  now: Date,
): Promise<EmailChangeAnswer> {
  if (change.state === "REJECTED") return userEmailChangeRejected(change, now);
  const user = await users.find(change.userId);
  if (user === null) throw new Error(`change ${change.id} was made, but its user is missing`);
  return userEmailChanged(user, change);
}
