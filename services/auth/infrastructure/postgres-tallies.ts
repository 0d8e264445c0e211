import type { Pool } from "pg";
import { createBatchedStatement } from "../../platform/database/batched-statement.ts";
import { preparedQuery } from "../../platform/database/database.ts";
import type { StatementRunner } from "../../platform/database/read-pipeline.ts";
import type { Tally } from "../domain/guessing.ts";
import type { Tallies } from "./tallies.ts";

interface Row {
  readonly key: string;
  readonly version: string;
  readonly failures: number;
  readonly pending: number;
  readonly beginTime: string;
  readonly time: string;
  readonly knownUntil: string | null;
}

interface Written {
  readonly id: string;
  readonly version: number;
  readonly tally: Tally;
  readonly expireTime: Date;
}

/**
 * Each write is one statement that succeeds or finds that it came too late; nobody waits for a lock that is held across a
 * round trip. Nothing waits for the disk either: what a crash takes are the counts of its last moments.
 */
export function createPostgresTallies({ pool, reads }: { pool: Pool; reads: StatementRunner }): Tallies {
  const read = preparedQuery<Row>(
    reads,
    "tallies_read",
    `select key, version, failures, pending, begin_time as "beginTime", time, known_until as "knownUntil"
     from auth.tallies where key = any($1::text[])`,
  );
  const write = preparedQuery<{ readonly id: string; readonly version: string }>(
    pool,
    "tallies_write",
    `insert into auth.tallies as t (key, version, failures, pending, begin_time, time, known_until, expire_time)
     select key, version + 1, failures, pending, begin_time, time, known_until, expire_time
     from unnest($1::text[], $2::bigint[], $3::float8[], $4::integer[], $5::timestamptz[], $6::timestamptz[],
         $7::timestamptz[], $8::timestamptz[])
       as given (key, version, failures, pending, begin_time, time, known_until, expire_time)
     where set_config('synchronous_commit', 'off', true) is not null
       and (version = 0 or exists (select from auth.tallies where tallies.key = given.key))
     order by key
     on conflict (key) do update set version = excluded.version, failures = excluded.failures,
       pending = excluded.pending, begin_time = excluded.begin_time, time = excluded.time,
       known_until = excluded.known_until, expire_time = excluded.expire_time
     where t.version = excluded.version - 1
     returning key as id, version`,
  );
  // Each key once: whoever writes waits for the writes to the same tally to end.
  const writeOne = createBatchedStatement((asked: readonly Written[]) =>
    write([
      asked.map(({ id }) => id),
      asked.map(({ version }) => version),
      asked.map(({ tally }) => tally.failures),
      asked.map(({ tally }) => tally.pending),
      asked.map(({ tally }) => tally.beginTime),
      asked.map(({ tally }) => tally.time),
      asked.map(({ tally }) => tally.knownUntil),
      asked.map(({ expireTime }) => expireTime),
    ]),
  );
  const sweep = preparedQuery(
    pool,
    "tallies_sweep",
    `delete from auth.tallies where key in (select key from auth.tallies where expire_time < $1 limit $2)
       and expire_time < $1 returning 1`,
  );
  return {
    async read(keys) {
      const rows = new Map((await read([keys])).map((row) => [row.key, row]));
      return keys.map((key) => {
        const row = rows.get(key);
        return row === undefined ? { tally: null, version: 0 } : { tally: toTally(row), version: Number(row.version) };
      });
    },
    async write(key, { version }, tally, expireTime) {
      const row = await writeOne({ id: key, version, tally, expireTime });
      return row === null ? null : Number(row.version);
    },
    sweep: async (now, limit) => (await sweep([now, limit])).length,
  };
}

const toTally = ({ failures, pending, beginTime, time, knownUntil }: Row): Tally => ({
  failures,
  pending,
  beginTime: new Date(beginTime),
  time: new Date(time),
  knownUntil: knownUntil === null ? null : new Date(knownUntil),
});
