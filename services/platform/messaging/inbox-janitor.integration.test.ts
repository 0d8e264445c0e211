import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import pg from "pg";
import { createTestDatabase } from "../../../tests/support/postgres.ts";
import { messagingTables } from "../database/messaging-tables.ts";
import { createLog } from "../log.ts";
import { startInboxJanitor } from "./inbox-janitor.ts";

const schema = "janitor";
const log = createLog("silent", "test");

describe("inbox janitor", () => {
  let pool: pg.Pool;
  let drop: () => Promise<void>;
  before(async () => {
    const database = await createTestDatabase();
    drop = database.drop;
    pool = new pg.Pool({ connectionString: database.url });
    await pool.query(`create schema ${schema}; ${messagingTables(schema)}`);
  });
  after(async () => {
    await pool.end();
    await drop();
  });

  const handled = (count: number, age: string) =>
    pool.query(
      `insert into ${schema}.inbox (consumer, message_id, process_time)
       select 'q', gen_random_uuid(), now() - $2::interval from generate_series(1, $1)`,
      [count, age],
    );

  it("forgets what was handled more than 14 days ago, however much it is, and nothing else", async () => {
    await handled(12_000, "14 days 1 minute");
    await handled(30, "13 days 23 hours 59 minutes");
    await Promise.all([1, 2].map(() => startInboxJanitor({ pool, schema, log }).stop()));
    // A janitor that is stopped ends with its chunk; what it left is for the next one.
    const janitor = startInboxJanitor({ pool, schema, log });
    await nothingOld();
    await janitor.stop();
    const { rows } = await pool.query(`select count(*)::int as n from ${schema}.inbox`);
    assert.deepEqual(rows, [{ n: 30 }]);
  });

  async function nothingOld(): Promise<void> {
    for (;;) {
      const { rows } = await pool.query(
        `select exists (select from ${schema}.inbox where process_time < now() - interval '14 days') as old`,
      );
      if (!rows[0].old) return;
    }
  }
});
