/** What a stretch of work amounted to. */
export interface Window {
  readonly calls: number;
  readonly seconds: number;
  /** Of each call, in the order in which they ended; empty where single calls cannot be timed. */
  readonly latenciesMs: readonly number[];
  /** CPU time of the process that made the calls, where that is not this one. */
  readonly driverSeconds?: number;
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

/** The lowest and the highest. */
export const spreadOf = (values: readonly number[]): [number, number] => [Math.min(...values), Math.max(...values)];

/**
 * The probability that a value of `a` is greater than one of `b`, ties counted half: the area under the ROC curve, which is
 * Mann and Whitney's U divided by the number of pairs. 0.5 where they cannot be told apart.
 */
export function areaUnderCurve(a: readonly number[], b: readonly number[]): number {
  const all = [...a.map((value) => ({ value, isA: true })), ...b.map((value) => ({ value, isA: false }))];
  all.sort((one, other) => one.value - other.value);
  let rankSum = 0;
  for (let from = 0; from < all.length; ) {
    let to = from;
    while (to < all.length && all[to]?.value === all[from]?.value) to++;
    // Equal values share the mean of their ranks, which begin with 1.
    const rank = (from + 1 + to) / 2;
    for (const { isA } of all.slice(from, to)) if (isA) rankSum += rank;
    from = to;
  }
  return (rankSum - (a.length * (a.length + 1)) / 2) / (a.length * b.length);
}
