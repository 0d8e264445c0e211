import { sleep } from "../services/platform/timing.ts";

/** Resolves when the next refusal may leave. */
export type RefusalPace = () => Promise<void>;

interface RefusalPaceConfig {
  /** As long as no more of them come, they leave at once. */
  readonly perSecond?: number;
  /** Longest delay. What comes then leaves, however many there are. */
  readonly maxDelayMs?: number;
  /** Milliseconds on a clock that never goes back. */
  readonly now?: () => number;
  readonly wait?: (ms: number) => Promise<void>;
}

/**
 * Slows a stampede down. Who was refused and tries again at once has the gateway refuse once more, as fast as it can: five
 * hundred such clients keep it, and a core, busy with nothing else. While they wait for their answer they cost a timer.
 * A few refusals are not delayed, nor is any other answer.
 */
export function createRefusalPace(config: RefusalPaceConfig = {}): RefusalPace {
  const { perSecond = 200, maxDelayMs = 1_000, now = () => performance.now(), wait = sleep } = config;
  let next = 0;
  return async () => {
    const time = now();
    const delayMs = Math.max(0, next - time);
    next = Math.min(Math.max(next, time) + 1_000 / perSecond, time + maxDelayMs);
    if (delayMs > 0) await wait(delayMs);
  };
}
