/** 100 ms, 200 ms, … 1.5 s, each shortened by up to half at random, so that many clients do not come back in step. */
export function backoffMs(failures: number): number {
  const longest = Math.min(100 * 2 ** failures, 1_500);
  return longest * (0.5 + Math.random() / 2);
}

/** Resolves after the delay, or at once when the signal is aborted. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const wake = () => resolve();
  const timer = setTimeout(wake, ms);
  signal?.addEventListener("abort", wake, { once: true });
  await promise;
  clearTimeout(timer);
  signal?.removeEventListener("abort", wake);
}

/** Resolves when the condition holds, or when it has not for so long. */
export async function waitUntil(holds: () => boolean, patienceMs: number): Promise<void> {
  const end = performance.now() + patienceMs;
  while (!holds() && performance.now() < end) await sleep(10);
}

/** The work's result; rejects when that takes longer. The work itself goes on. */
export async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`${what} took longer than ${ms} ms`)), ms);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
