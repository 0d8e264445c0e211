import { createLimiter } from "../../platform/limiter.ts";
import { overloaded } from "../domain/errors.ts";

/** Who is served first: somebody who logs in, before somebody who registers. */
export type Turn = "verification" | "hashing";

export interface HashingPool {
  /** @throws DomainError OVERLOADED, at once, when the wait would be too long; or when others overtook for too long. */
  run<T>(turn: Turn, work: () => Promise<T>): Promise<T>;
  /**
   * Does what comes to one verification, sooner or later; in its turn, where many were admitted.
   * @throws DomainError OVERLOADED, at once, where all those who were admitted before would keep it waiting for too long.
   */
  admit<T>(work: () => Promise<T>): Promise<T>;
  /** Waiting, not running. */
  queued(): number;
}

interface HashingPoolConfig {
  /** Hashes at the same time. More than there are cores only makes each of them slower. */
  readonly concurrency: number;
  readonly maxWaitMs?: number;
  /** Whatever the estimate says. */
  readonly maxQueued?: number;
  /** Nobody is told to stay away for longer. */
  readonly maxRetryMs?: number;
  /** What a hash is taken to cost before the first ones were measured. */
  readonly expectedMs?: number;
  /** Milliseconds on a clock that never goes back. */
  readonly now?: () => number;
}

interface Waiting {
  readonly since: number;
  readonly start: () => void;
  readonly refuse: () => void;
}

/** How much the newest measurement counts in the moving average. */
const weight = 0.1;
const leastRetryMs = 1_000;
/**
 * For each hash, so many of those who were admitted are at work: enough for the next to be ready. What all others would read
 * before their turn, all at once, is what keeps everybody else waiting when a crowd comes.
 */
const atWork = 4;

/**
 * A queue that refuses early: somebody who would wait for long is better told so than kept, and memory stays bounded.
 * Those who are refused are told to come back one after another, as fast as hashes are made: a crowd that does as it is told
 * finds room then, and what it costs to refuse it again does not grow with its size.
 */
export function createHashingPool(config: HashingPoolConfig): HashingPool {
  const { concurrency, maxWaitMs = 1_000, maxQueued = 1_000, now = () => performance.now() } = config;
  const { maxRetryMs = 20_000 } = config;
  const queues: Record<Turn, Waiting[]> = { verification: [], hashing: [] };
  const inTurn = createLimiter(atWork * concurrency);
  let running = 0;
  /** They count from the door on: a crowd that comes all at once finds the queue empty, and would fill what lies before it. */
  let admitted = 0;
  let averageMs = config.expectedMs ?? 50;
  /** When the next who is refused may come back. */
  let nextReturn = 0;

  const queued = () => queues.verification.length + queues.hashing.length;

  function refuseBehind(ahead: number): void {
    const waitMs = ((ahead + 1) * averageMs) / concurrency;
    if (waitMs > maxWaitMs || ahead >= maxQueued) throw overloaded(bookReturn(waitMs));
  }

  /** Gives everybody a time of their own, in milliseconds from now. Those who come too soon book again, hence the limit. */
  function bookReturn(waitMs: number): number {
    const time = now();
    // The rest of so great a crowd shares the later half of the times.
    if (nextReturn - time > maxRetryMs) nextReturn = time + maxRetryMs / 2;
    nextReturn = Math.max(nextReturn, time + Math.max(leastRetryMs, waitMs));
    const retryAfterMs = Math.ceil(nextReturn - time);
    nextReturn += averageMs / concurrency;
    return retryAfterMs;
  }

  function waitForSlot(turn: Turn): Promise<void> {
    refuseBehind(turn === "verification" ? queues.verification.length : queued());
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    queues[turn].push({
      since: now(),
      start: resolve,
      refuse: () => reject(overloaded(bookReturn(leastRetryMs))),
    });
    return promise;
  }

  /** The slot goes straight to the next in line, so nobody can slip in between. */
  function passSlotOn(): void {
    // Only those who are overtaken can wait for longer than was estimated.
    while (queues.hashing[0] !== undefined && now() - queues.hashing[0].since > maxWaitMs) {
      queues.hashing.shift()?.refuse();
    }
    const next = queues.verification.shift() ?? queues.hashing.shift();
    if (next === undefined) running--;
    else next.start();
  }

  return {
    queued,
    async admit(work) {
      const isBusy = running >= concurrency || admitted >= concurrency;
      if (isBusy) refuseBehind(Math.max(admitted - concurrency, queues.verification.length));
      admitted++;
      try {
        return await inTurn(work);
      } finally {
        admitted--;
      }
    },
    async run(turn, work) {
      if (running < concurrency) running++;
      else await waitForSlot(turn);
      const begin = now();
      try {
        return await work();
      } finally {
        averageMs += (now() - begin - averageMs) * weight;
        passSlotOn();
      }
    },
  };
}
