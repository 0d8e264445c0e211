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

/**
 * Until all messages of users are handed over. Asks for the newest, and not whether any exists: for that PostgreSQL would
 * read the table from its beginning, past everything that is deleted by then.
 */
export const untilOutboxEmpty = (database: pg.Client, signal: AbortSignal): Promise<void> =>
  until(database, "select (select seq from users.outbox order by seq desc limit 1) is null as reached", [], signal);
