import type { Pool } from "pg";
import { guardDatabase } from "../database/database-errors.ts";
import type { Log } from "../log.ts";
import { type Periodic, startPeriodic } from "../periodic.ts";

interface JanitorDeps {
  readonly pool: Pool;
  readonly schema: string;
  readonly log: Log;
  /** For how long a message that comes again is known. No broker and no outbox keeps one nearly as long. */
  readonly keepDays?: number;
  readonly everyMs?: number;
}

/** Rows in one statement, which then takes some 20 ms. */
const chunk = 5_000;

/**
 * Forgets messages that were handled long ago. In chunks, found by the index on the time, so that it never holds up those
 * who claim messages meanwhile; several janitors share the work.
 */
export function startInboxJanitor({ pool, schema, log, keepDays = 14, everyMs = 600_000 }: JanitorDeps): Periodic {
  const forgetChunk = {
    name: `${schema}_inbox_forget`,
    text: `delete from ${schema}.inbox where ctid = any(array(
             select ctid from ${schema}.inbox where process_time < now() - $1 * interval '1 day'
             order by process_time limit ${chunk} for update skip locked))`,
    values: [keepDays],
  };
  let stopping = false;
  const janitor = startPeriodic({
    name: "inbox janitor",
    everyMs,
    log,
    async work() {
      for (let forgotten = chunk; forgotten === chunk && !stopping; ) {
        const { rowCount } = await guardDatabase(() => pool.query(forgetChunk));
        forgotten = rowCount ?? 0;
      }
    },
  });
  return {
    stop() {
      stopping = true;
      return janitor.stop();
    },
  };
}
