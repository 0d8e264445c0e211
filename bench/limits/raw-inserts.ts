import { randomUUID } from "node:crypto";
import pg from "pg";
import type { Window } from "../measure.ts";

/** What CreateUser commands leave behind, in tables of the same shape: rows in the real outbox would be sent. */
export interface RawInserts {
  /** A row of each table for each user, by a transaction for each batch, so many of them at the same time. */
  insert(users: readonly RawUser[], concurrency: number): Promise<Window>;
  close(): Promise<void>;
}

export interface RawUser {
  readonly id: string;
  readonly name: string;
  readonly email: string;
}

const copies = `
  drop schema if exists bench cascade;
  create schema bench;
  create table bench.users (like users.users including all);
  create table bench.creations (like users.creations including all);
  create table bench.inbox (like users.inbox including all);
  create table bench.outbox (like users.outbox including all);`;

/** A statement for each table, prepared, in one transaction: what is left of a batch when nothing has to be decided. */
const inserts = {
  inbox: `
    insert into bench.inbox (consumer, message_id) select 'user_commands', unnest($1::text[])`,
  creations: `
    insert into bench.creations (creation_id, user_id, outcome)
    select creation_id, user_id, 'CREATED' from unnest($1::uuid[], $2::uuid[]) as given (creation_id, user_id)`,
  users: `
    insert into bench.users (id, email, name, status, version, create_time, update_time)
    select id, email, name, 'ACTIVE', 1, $4, $4 from unnest($1::uuid[], $2::text[], $3::text[]) as given (id, email, name)`,
  outbox: `
    insert into bench.outbox
      (id, type, source, subject, exchange, routing_key, mandatory, traceparent, data, create_time)
    select id, 'limen.users.v1.UserCreated', 'users', subject, 'limen.events', 'limen.users.v1.UserCreated', true, '',
      event::jsonb, $4
    from unnest($1::uuid[], $2::text[], $3::text[]) as given (id, subject, event)`,
};

const unchanging = { status: "ACTIVE", version: "1" };

export async function openRawInserts(databaseUrl: string, batchSize: number): Promise<RawInserts> {
  const pool = new pg.Pool({ connectionString: databaseUrl });
  await pool.query(copies);

  async function insertBatch(users: readonly RawUser[]): Promise<void> {
    const now = new Date();
    const ids = users.map(({ id }) => id);
    const emails = users.map(({ email }) => email);
    const newIds = () => users.map(() => randomUUID());
    const creationIds = newIds();
    const events = users.map(({ id, email }, index) =>
      JSON.stringify({ userId: id, creationId: creationIds[index], email, ...unchanging, occurTime: now }),
    );
    const client = await pool.connect();
    const into = (table: keyof typeof inserts, ...values: unknown[]) =>
      client.query({ name: `raw_${table}`, text: inserts[table], values });
    await client.query("begin");
    await into("inbox", newIds());
    await into("creations", creationIds, ids);
    await into(
      "users",
      ids,
      emails,
      users.map(({ name }) => name),
      now,
    );
    await into("outbox", newIds(), ids, events, now);
    await client.query("commit");
    client.release();
  }

  return {
    async insert(users, concurrency) {
      const latenciesMs: number[] = [];
      const begin = performance.now();
      const starts = Array.from({ length: Math.ceil(users.length / batchSize) }, (_, index) => index * batchSize);
      const rest = starts.values();
      const lane = async (): Promise<void> => {
        for (const from of rest) {
          const start = performance.now();
          await insertBatch(users.slice(from, from + batchSize));
          latenciesMs.push(performance.now() - start);
        }
      };
      await Promise.all(Array.from({ length: concurrency }, lane));
      return { calls: users.length, seconds: (performance.now() - begin) / 1_000, latenciesMs };
    },
    async close() {
      await pool.query("drop schema bench cascade");
      await pool.end();
    },
  };
}
