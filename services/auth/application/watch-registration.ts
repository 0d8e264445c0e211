import { registrationNotFound } from "../domain/errors.ts";
import { isFinished } from "../domain/registration.ts";
import type { RegistrationProgress, RegistrationWaiter } from "./ports.ts";

/** The progress of a registration as it is, then each change, until it is finished or the signal aborts. */
export type WatchRegistration = (id: string, signal: AbortSignal) => AsyncIterable<RegistrationProgress>;

export function createWatchRegistration(deps: { waiter: RegistrationWaiter; maxMs: number }): WatchRegistration {
  return async function* watch(id, signal) {
    const end = AbortSignal.any([signal, AbortSignal.timeout(deps.maxMs)]);
    let seen: RegistrationProgress | null = null;
    while (!end.aborted) {
      const next: RegistrationProgress | null = await deps.waiter.wait(id, (now) => now.state !== seen?.state, {
        timeoutMs: deps.maxMs,
        signal: end,
      });
      if (next === null) {
        if (end.aborted) return;
        throw registrationNotFound();
      }
      if (next.state !== seen?.state) yield next;
      if (isFinished(next)) return;
      seen = next;
    }
  };
}
