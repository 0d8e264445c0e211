import type { Check } from "./checks.ts";
import { CommandFailed } from "./command.ts";

/**
 * Runs the checks, as many at a time as there are lanes, and prints each with its time as it ends.
 * @throws CommandFailed of the first that fails, which ends the others.
 */
export async function runChecks(
  checks: readonly Check[],
  options: { readonly signal: AbortSignal; readonly lanes: number; readonly print: (line: string) => void },
): Promise<void> {
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  const waiting = [...checks];

  async function lane(): Promise<void> {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
      const start = performance.now();
      try {
        await check.run({ signal });
      } catch (error) {
        if (!signal.aborted) options.print(`✖ ${check.name} ${seconds(start)}`);
        failed.abort();
        throw error;
      }
      options.print(`✔ ${check.name} ${seconds(start)}`);
    }
  }

  const outcomes = await Promise.allSettled(Array.from({ length: options.lanes }, lane));
  const reasons = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as unknown] : []));
  options.signal.throwIfAborted();
  const cause = reasons.find((reason) => reason instanceof CommandFailed && reason.output !== "") ?? reasons[0];
  if (cause !== undefined) throw cause;
}

export const seconds = (start: number): string => `${((performance.now() - start) / 1_000).toFixed(1)} s`;
