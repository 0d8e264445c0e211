import { sleep } from "../services/platform/timing.ts";

/** Resolves when the next refusal may leave. */
export type RefusalPace = () => Promise<void>;

interface RefusalPaceConfig {
  /** As long as no more of them come, they leave at once. */
  readonly perSecond?: number;
  /** Longest delay, however many there are. */
  readonly maxDelayMs?: number;
  /** Milliseconds on a clock that never goes back. */
  readonly now?: () => number;
  readonly wait?: (ms: number) => Promise<void>;
  /** At least 0, below 1. */
  readonly random?: () => number;
}

/**
 * Slows a stampede down. Who was refused and tries again at once has the gateway refuse once more, as fast as it can: five
 * hundred such clients keep it, and a core, busy with nothing else. While they wait for their answer they cost a timer.
 * A few refusals are not delayed, nor is any other answer.
 */
export function createRefusalPace(config: RefusalPaceConfig = {}): RefusalPace {
  const {
    perSecond = 200,
    maxDelayMs = 3_000,
    now = () => performance.now(),
    wait = sleep,
    random = Math.random,
  } = config;
  const everyMs = 1_000 / perSecond;
  let next = 0;

  function delayOfNext(): number {
    const time = now();
    const turn = Math.max(next, time);
    // Who finds no turn left leaves at some time in the later half: those who came together would come together for ever.
    if (turn - time > maxDelayMs) return (maxDelayMs * (1 + random())) / 2;
    next = turn + everyMs;
    return turn - time;
  }

  return async () => {
    const delayMs = delayOfNext();
    if (delayMs > 0) await wait(delayMs);
  };
}
