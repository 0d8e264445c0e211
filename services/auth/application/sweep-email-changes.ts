import { changeSentAgain, compensatingChange, type EmailChange } from "../domain/email-change.ts";
import { answerDeadline } from "../domain/registration.ts";
import { pendingChangeCommand } from "./confirm-email-change.ts";
import type { Clock, UnitOfWork } from "./ports.ts";

/** How many changes were taken up; the limit was reached when it equals `limit`. */
export type SweepEmailChanges = (limit: number) => Promise<number>;

/**
 * Sends again what was not answered in time, as sweep-registrations.ts does. What users-service could not be asked for
 * `giveUpAfterMs` is cancelled, so that nobody's address changes days after they forgot of it; that too is asked until
 * answered.
 */
export function createSweepEmailChanges(deps: {
  uow: UnitOfWork;
  clock: Clock;
  answerScheduleMs: readonly number[];
  giveUpAfterMs: number;
}): SweepEmailChanges {
  return (limit) =>
    deps.uow.run(async ({ emailChanges, messages }) => {
      const now = deps.clock.now();
      const due = await emailChanges.findDue(now, limit);
      for (const change of due) {
        const deadline = answerDeadline(deps.answerScheduleMs, change.sends + 1, now);
        if (await messages.isWaiting(change.id)) {
          await emailChanges.save({ ...change, nextSendTime: deadline });
          continue;
        }
        const next = givesUp(change, now)
          ? compensatingChange(change, now, answerDeadline(deps.answerScheduleMs, 1, now))
          : changeSentAgain(change, now, deadline);
        await messages.send(pendingChangeCommand(next));
        await emailChanges.save(next);
      }
      return due.length;
    });

  function givesUp({ state, createTime }: EmailChange, now: Date): boolean {
    return state === "CHANGING" && now.getTime() - createTime.getTime() > deps.giveUpAfterMs;
  }
}
