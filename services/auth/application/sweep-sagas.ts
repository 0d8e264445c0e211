import type { AuthMessage } from "../domain/messages.ts";
import { answerDeadline, compensating, type Saga, sentAgain } from "../domain/saga.ts";
import type { Clock, Transaction, UnitOfWork } from "./ports.ts";

/** How many sagas were taken up; the limit was reached when it equals `limit`. */
export type SweepSagas = (limit: number) => Promise<number>;

export interface SweepDeps {
  readonly uow: UnitOfWork;
  readonly clock: Clock;
  readonly answerScheduleMs: readonly number[];
  readonly giveUpAfterMs: number;
}

/** A kind of saga. */
export interface SagaKind<S extends Saga> {
  readonly kept: (tx: Transaction) => {
    findDue(now: Date, limit: number): Promise<S[]>;
    save(saga: S): Promise<void>;
  };
  /** In which users-service has been asked for what the saga wants. */
  readonly askingState: S["state"];
  /** What an unfinished saga waits to be answered. */
  readonly pendingCommand: (saga: S) => AuthMessage;
  /** The end of a saga whose time is over though it waited for no answer; null for any other. */
  readonly expired?: (saga: S, now: Date) => S | null;
}

/**
 * Sends again what was not answered in time: a command or its answer may be lost with a broker's disk, acknowledged work
 * may not. What users-service could not be asked for `giveUpAfterMs` is cancelled, and that too is asked until answered.
 */
export function createSweepSagas<S extends Saga>(deps: SweepDeps, kind: SagaKind<S>): SweepSagas {
  return (limit) =>
    deps.uow.run(async (tx) => {
      const sagas = kind.kept(tx);
      const now = deps.clock.now();
      const due = await sagas.findDue(now, limit);
      if (due.length === 0) return 0;
      // One question for all of them: whoever has an answer to one of them waits meanwhile.
      const unsent = await tx.messages.findUnsent(due.map(({ id }) => id));
      for (const saga of due) {
        const end = kind.expired?.(saga, now) ?? null;
        if (end !== null) {
          await sagas.save(end);
          continue;
        }
        const deadline = answerDeadline(deps.answerScheduleMs, saga.sends + 1, now);
        if (unsent.has(saga.id)) {
          await sagas.save({ ...saga, nextSendTime: deadline });
          continue;
        }
        const next = givesUp(saga, now)
          ? compensating(saga, now, answerDeadline(deps.answerScheduleMs, 1, now))
          : sentAgain(saga, now, deadline);
        await tx.messages.send(kind.pendingCommand(next));
        await sagas.save(next);
      }
      return due.length;
    });

  function givesUp({ state, createTime }: S, now: Date): boolean {
    return state === kind.askingState && now.getTime() - createTime.getTime() > deps.giveUpAfterMs;
  }
}
