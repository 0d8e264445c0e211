import { setTimeout as sleep } from "node:timers/promises";

export interface ReadinessProbe {
  readonly name: string;
  /** Port of the management listener. */
  readonly managementPort: number;
}

/**
 * Resolves when the role answers 200 at `/readyz`.
 * @throws Error with its last answer when it has not within `withinMs`; the signal's reason when that is aborted.
 */
export async function waitUntilReady(
  { name, managementPort }: ReadinessProbe,
  {
    signal,
    withinMs = 60_000,
    pollMs = 50,
  }: { readonly signal: AbortSignal; readonly withinMs?: number; readonly pollMs?: number },
): Promise<void> {
  let answer = "no answer";
  for (const deadline = performance.now() + withinMs; performance.now() < deadline; await sleep(pollMs)) {
    signal.throwIfAborted();
    try {
      const response = await fetch(`http://127.0.0.1:${managementPort}/readyz`, { signal: AbortSignal.timeout(2_000) });
      answer = `${response.status} ${await response.text()}`;
      if (response.ok) return;
    } catch (error) {
      answer = error instanceof Error ? String(error.cause ?? error.message) : String(error);
    }
  }
  throw new Error(`limen ${name} is not ready after ${withinMs / 1_000} s: ${answer}`);
}
