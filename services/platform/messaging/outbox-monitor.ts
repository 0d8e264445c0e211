import type { Pool } from "pg";
import type { Log } from "../log.ts";
import { type Periodic, startPeriodic } from "../periodic.ts";
import { outboxAge, outboxRows } from "./messaging-metrics.ts";

/** Tells how much waits in the outbox, and for how long: what a relay that does not get through looks like. */
export function startOutboxMonitor(deps: {
  readonly pool: Pool;
  readonly schema: string;
  readonly log: Log;
  readonly everyMs?: number;
}): Periodic {
  const { pool, schema } = deps;
  const look = {
    name: `${schema}_outbox_monitor`,
    text: `select count(*)::int as waiting, coalesce(extract(epoch from now() - min(create_time)), 0)::float8 as age
           from ${schema}.outbox`,
  };
  return startPeriodic({
    name: "outbox monitor",
    everyMs: deps.everyMs ?? 5_000,
    log: deps.log,
    async work() {
      const { rows } = await pool.query<{ waiting: number; age: number }>(look);
      const { waiting = 0, age = 0 } = rows[0] ?? {};
      outboxRows.set({ schema }, waiting);
      outboxAge.set({ schema }, Math.max(0, age));
    },
  });
}
