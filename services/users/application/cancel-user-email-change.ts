import { answerEmailChange, type EmailChangeCommand, rejectChange } from "./email-change-answers.ts";
import type { Clock, UnitOfWork } from "./ports.ts";

/** The requester does not want the change any more. */
export type CancelUserEmailChange = (command: EmailChangeCommand, messageId: string) => Promise<void>;

/** Always answers. It decides a change that nobody has decided; what was decided before it stands. */
export function createCancelUserEmailChange(deps: { uow: UnitOfWork; clock: Clock }): CancelUserEmailChange {
  return (command, messageId) =>
    answerEmailChange(deps, command, messageId, (tx, change, now) => rejectChange(tx, change, "CANCELLED", now));
}
