import { describeError, type Log } from "./log.ts";

export interface Periodic {
  /** No more runs; resolves when the one at work has ended. */
  stop(): Promise<void>;
}

/** Runs `work` at once and then `everyMs` after each end: never twice at a time, and a failure is told and gone over. */
export function startPeriodic(deps: {
  readonly name: string;
  readonly everyMs: number;
  readonly work: () => Promise<void>;
  readonly log: Log;
}): Periodic {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  const run = async (): Promise<void> => {
    try {
      await deps.work();
    } catch (error) {
      deps.log.warn(
        { event: "periodic_work_failed", work: deps.name, error: describeError(error) },
        "will be tried again",
      );
    }
    if (stopped) return;
    timer = setTimeout(() => {
      current = run();
    }, deps.everyMs);
  };
  let current = run();

  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
      return current;
    },
  };
}
