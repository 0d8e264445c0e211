import { once } from "node:events";

export interface LifeCycle {
  /** Aborted at the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /** Runs `stop` at the end, the last added first. Throws when a signal came meanwhile, so that a start-up ends here. */
  defer(name: string, stop: () => Promise<void>): void;
  /** Resolves at the first SIGINT or SIGTERM. */
  stopRequested(): Promise<void>;
}

/** One Ctrl-C can arrive twice: from the terminal, and passed on by npm to the process that it started. */
const sameSignalMs = 500;

/**
 * Runs `body`, then stops what it started, in reverse order, whether it returned, failed or was interrupted; then ends the
 * process. The exit code is the body's, 0 after a signal, 1 after a failure, whose message is printed. A second
 * signal ends the process at once.
 */
export async function runLifeCycle(body: (life: LifeCycle) => Promise<number>): Promise<never> {
  const interrupted = new AbortController();
  const stops: { name: string; stop: () => Promise<void> }[] = [];
  watchSignals(interrupted);
  let exitCode: number;
  try {
    exitCode = await body({
      signal: interrupted.signal,
      defer(name, stop) {
        stops.push({ name, stop });
        interrupted.signal.throwIfAborted();
      },
      async stopRequested() {
        // Waiting for a signal alone does not keep a process alive.
        const alive = setInterval(() => undefined, 60_000);
        if (!interrupted.signal.aborted) await once(interrupted.signal, "abort");
        clearInterval(alive);
      },
    });
  } catch (error) {
    exitCode = interrupted.signal.aborted ? 0 : 1;
    if (!interrupted.signal.aborted) console.error(messageOf(error));
  }
  for (const { name, stop } of stops.reverse()) {
    try {
      await stop();
    } catch (error) {
      exitCode = 1;
      console.error(`Stopping ${name} failed: ${messageOf(error)}`);
    }
  }
  process.exit(exitCode);
}

function watchSignals(interrupted: AbortController): void {
  let firstAt: number | undefined;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (firstAt === undefined) {
        firstAt = performance.now();
        interrupted.abort(new Error(`stopped by ${signal}`));
      } else if (performance.now() - firstAt > sameSignalMs) {
        process.exit(130);
      }
    });
  }
}

/** What a person can act on: our own errors explain themselves; anything else keeps its stack. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const expected = error.constructor === Error || error.name === "ConfigError";
  return expected ? error.message : (error.stack ?? error.message);
}
