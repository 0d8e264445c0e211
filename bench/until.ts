import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";

const pollMs = 10;
const patienceMs = 120_000;

/** Waits until the query says so in its column `reached`. It should cost the database little: it is asked often. */
export async function until(
  database: pg.Client,
  query: string,
  values: readonly unknown[],
  signal: AbortSignal,
): Promise<void> {
  for (const deadline = performance.now() + patienceMs; performance.now() < deadline; await sleep(pollMs)) {
    signal.throwIfAborted();
    const { rows } = await database.query<{ reached: boolean }>(query, [...values]);
    if (rows[0]?.reached) return;
  }
  throw new Error(`not reached within ${patienceMs / 1_000} s: ${query}`);
}
