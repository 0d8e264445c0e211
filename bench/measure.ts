/** What a stretch of work amounted to. */
export interface Window {
  readonly calls: number;
  readonly seconds: number;
  /** Of each call, in the order in which they ended; empty where single calls cannot be timed. */
  readonly latenciesMs: readonly number[];
}

export interface Load {
  /** Calls at work at any time: as soon as one ends, its lane makes the next. */
  readonly concurrency: number;
  /** A call that fails ends the measurement: a rate with failures in it says nothing. */
  readonly call: () => Promise<unknown>;
}

/**
 * Keeps `concurrency` calls going for `forMs`. Calls that are at work when the time is over are waited for and counted,
 * so that the rate is that of a machine that was busy from the first to the last of them.
 */
export async function runClosedLoop(load: Load, forMs: number, signal?: AbortSignal): Promise<Window> {
  const latenciesMs: number[] = [];
  const begin = performance.now();
  let failed = false;
  const lane = async (): Promise<void> => {
    let now = performance.now();
    while (now - begin < forMs && !failed) {
      signal?.throwIfAborted();
      await load.call();
      const end = performance.now();
      latenciesMs.push(end - now);
      now = end;
    }
  };
  try {
    await Promise.all(Array.from({ length: load.concurrency }, lane));
  } finally {
    failed = true;
  }
  return { calls: latenciesMs.length, seconds: (performance.now() - begin) / 1_000, latenciesMs };
}

/** One call after another, each with its own time. In milliseconds. */
export async function timed<T>(call: () => Promise<T>): Promise<{ readonly result: T; readonly ms: number }> {
  const begin = performance.now();
  const result = await call();
  return { result, ms: performance.now() - begin };
}

/**
 * The smallest value that at least the given share of all values does not exceed ("nearest rank": always one that occurred).
 * Null when there are no values.
 */
export function percentile(values: readonly number[], share: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
}

/** Of an even number of values, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  if (low === undefined || high === undefined) throw new Error("nothing was measured");
  return (low + high) / 2;
}
