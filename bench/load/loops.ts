import { setTimeout as sleep } from "node:timers/promises";

/** Makes one call at a time. */
export interface Client {
  /** Rejects where nothing can be measured any more. */
  call(): Promise<Outcome>;
}

/** "failed": an answer that nobody should get. Otherwise, the server has too much to do, and says so. */
export type Outcome = "answered" | "failed" | { readonly retryAfterMs: number };

export interface LoopWindow {
  /** Those that were answered. */
  readonly calls: number;
  readonly refused: number;
  readonly failed: number;
  readonly seconds: number;
  /** Of the calls that were answered, in the order in which they ended. */
  readonly latenciesMs: readonly number[];
}

const clock = (): number => performance.now();

function createTally(now = clock) {
  const latenciesMs: number[] = [];
  const begin = now();
  let refused = 0;
  let failed = 0;
  const elapsedMs = () => now() - begin;
  return {
    begin,
    elapsedMs,
    add(outcome: Outcome, since: number): void {
      if (outcome === "answered") latenciesMs.push(now() - since);
      else if (outcome === "failed") failed++;
      else refused++;
    },
    window: (): LoopWindow => ({
      calls: latenciesMs.length,
      refused,
      failed,
      seconds: elapsedMs() / 1_000,
      latenciesMs,
    }),
  };
}

/** People do not all come back at the same moment. */
const jitter = () => 1 + Math.random() / 4;

/**
 * Keeps each client busy for `forMs`, one call after another. Calls that are at work when the time is over are waited for
 * and counted, so that the rate is that of a machine that was busy from the first to the last of them. A call that rejects
 * ends the measurement: a rate with failures in it says nothing. `now` is a clock in milliseconds, real unless given.
 */
export async function runClosedLoop(
  clients: readonly Client[],
  {
    forMs,
    patient = false,
    now = clock,
  }: { readonly forMs: number; readonly patient?: boolean; readonly now?: () => number },
): Promise<LoopWindow> {
  const tally = createTally(now);
  let isOver = false;
  const work = async (client: Client): Promise<void> => {
    while (!isOver && tally.elapsedMs() < forMs) {
      const start = now();
      const outcome = await client.call();
      tally.add(outcome, start);
      if (!patient || typeof outcome === "string") continue;
      const leftMs = Math.max(0, forMs - tally.elapsedMs());
      const pauseMs = outcome.retryAfterMs * jitter();
      // A timer may fire early by a part of a millisecond: who waits to the end does not come back.
      if (pauseMs >= leftMs) return await sleep(leftMs);
      await sleep(pauseMs);
    }
  };
  try {
    await Promise.all(clients.map(work));
  } finally {
    isOver = true;
  }
  return tally.window();
}

/**
 * Starts calls at equal distances, whether or not earlier ones have ended, each with a client that is idle. A call's time
 * counts from when it was due: a server that stands still for a second has kept all waiting who came in that second.
 * @throws Error when all clients are waiting for answers.
 */
export async function runOpenLoop(
  clients: readonly Client[],
  { forMs, callsPerSecond }: { readonly forMs: number; readonly callsPerSecond: number },
): Promise<LoopWindow> {
  const idle = [...clients];
  const tally = createTally();
  const calls: Promise<void>[] = [];
  const call = async (client: Client, since: number): Promise<void> => {
    tally.add(await client.call(), since);
    idle.push(client);
  };
  const count = Math.round((forMs / 1_000) * callsPerSecond);
  for (let index = 0; index < count; index++) {
    const due = tally.begin + (index * 1_000) / callsPerSecond;
    // A timer has whole milliseconds: less than one of them is not waited for.
    const leftMs = due - performance.now();
    if (leftMs >= 1) await sleep(leftMs);
    const client = idle.pop();
    if (client === undefined) throw new Error(`${clients.length} calls are waiting for an answer`);
    const called = call(client, Math.min(due, performance.now()));
    // Its failure is told when all have ended.
    called.catch(() => {});
    calls.push(called);
  }
  await Promise.all(calls);
  return tally.window();
}
