import type { Pool } from "pg";
import type { Log } from "../log.ts";
import { type Periodic, startPeriodic } from "../periodic.ts";
import { deadLetters, outboxAge, outboxRows } from "./messaging-metrics.ts";

/**
 * Tells how much waits in the outbox, and for how long: what a relay that does not get through looks like. And how many
 * dead letters there are.
 */
export function startMessagesMonitor(deps: {
  readonly pool: Pool;
  readonly schema: string;
  readonly log: Log;
  readonly everyMs?: number;
}): Periodic {
  const { pool, schema } = deps;
  const known = new Set<string>();
  const look = {
    name: `${schema}_outbox_monitor`,
    text: `select count(*)::int as waiting, coalesce(extract(epoch from now() - min(create_time)), 0)::float8 as age
           from ${schema}.outbox`,
  };
  const buried = {
    name: `${schema}_dead_letters_monitor`,
    text: `select queue, count(*)::int as letters from ${schema}.dead_letters group by queue`,
  };
  return startPeriodic({
    name: "messages monitor",
    everyMs: deps.everyMs ?? 5_000,
    log: deps.log,
    async work() {
      const { rows } = await pool.query<{ waiting: number; age: number }>(look);
      const { waiting = 0, age = 0 } = rows[0] ?? {};
      outboxRows.set({ schema }, waiting);
      outboxAge.set({ schema }, Math.max(0, age));
      const letters = await pool.query<{ queue: string; letters: number }>(buried);
      for (const queue of known) deadLetters.set({ queue }, 0);
      for (const { queue, letters: count } of letters.rows) {
        known.add(queue);
        deadLetters.set({ queue }, count);
      }
    },
  });
}
