import { type AnswerSchedule, postponed, sentAgain } from "../domain/creation-request.ts";
import type { Clock, UnitOfWork } from "./ports.ts";

/** How many requests were taken up; the limit was reached when it equals `limit`. */
export type SweepCreations = (limit: number) => Promise<number>;

/**
 * Asks again for creations that were asked for here and are not decided in time: their commands may be lost with a
 * broker's disk. There is no giving up: a command that arrives is answered.
 */
export function createSweepCreations(deps: {
  uow: UnitOfWork;
  clock: Clock;
  answerSchedule: AnswerSchedule;
}): SweepCreations {
  return (limit) =>
    deps.uow.run(async ({ creations, messages }) => {
      const now = deps.clock.now();
      const overdue = await creations.findOverdue(now, limit);
      if (overdue.length === 0) return 0;
      const unsent = await messages.findUnsent(overdue.map(({ creation }) => creation.id));
      for (const { creation, name, email } of overdue) {
        if (unsent.has(creation.id)) continue;
        await messages.request({ creationId: creation.id, userId: creation.userId, name, email });
      }
      await creations.reschedule(
        overdue.map((request) =>
          unsent.has(request.creation.id)
            ? postponed(request, deps.answerSchedule, now)
            : sentAgain(request, deps.answerSchedule, now),
        ),
      );
      return overdue.length;
    });
}
