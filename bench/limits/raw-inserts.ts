import { randomUUID } from "node:crypto";
import pg from "pg";
import type { Window } from "../measure.ts";

/** What a CreateUser command leaves behind, in tables of the same shape: rows in the real outbox would be sent. */
export interface RawInserts {
  /** So many rows of each table, by a transaction for each user. */
  insert(users: readonly RawUser[]): Promise<Window>;
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
  create table bench.inbox (like users.inbox including all);
  create table bench.outbox (like users.outbox including all);`;

/** One statement is one transaction and one round trip: PostgreSQL cannot be asked for less. */
const insertAll = {
  name: "raw_insert",
  text: `
    with claimed as (
      insert into bench.inbox (consumer, message_id) values ('user_commands', $1)
    ), announced as (
      insert into bench.outbox
        (id, type, source, subject, exchange, routing_key, mandatory, traceparent, data, create_time)
      values ($2, 'limen.users.v1.UserCreated', 'users', $3, 'limen.events', 'limen.users.v1.UserCreated', true, '', $4, $5)
    )
    insert into bench.users (id, email, name, status, version, create_time, update_time)
    values ($6, $7, $8, 'ACTIVE', 1, $5, $5)`,
};

export async function openRawInserts(databaseUrl: string, concurrency: number): Promise<RawInserts> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: concurrency });
  await pool.query(copies);

  async function insertUser({ id, name, email }: RawUser): Promise<void> {
    const now = new Date();
    const event = { userId: id, creationId: randomUUID(), email, status: "ACTIVE", version: "1", occurTime: now };
    const values = [randomUUID(), randomUUID(), id, JSON.stringify(event), now, id, email, name];
    await pool.query({ ...insertAll, values });
  }

  return {
    async insert(users) {
      const latenciesMs: number[] = [];
      const begin = performance.now();
      const rest = users.values();
      const lane = async (): Promise<void> => {
        for (const user of rest) {
          const start = performance.now();
          await insertUser(user);
          latenciesMs.push(performance.now() - start);
        }
      };
      await Promise.all(Array.from({ length: concurrency }, lane));
      return { calls: latenciesMs.length, seconds: (performance.now() - begin) / 1_000, latenciesMs };
    },
    async close() {
      await pool.query("drop schema bench cascade");
      await pool.end();
    },
  };
}
