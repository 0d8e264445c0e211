import type { ServiceDatabase } from "./databases.ts";
import { conditionOf, type DeadLetterFilter } from "./dead-letter-filter.ts";

/** A message that a service gave up. The fields are those of `--json`. */
export interface DeadLetter {
  /** "users:17": the service whose table holds it, and its number there. */
  readonly id: string;
  readonly queue: string;
  readonly messageId: string;
  readonly type: string;
  readonly source: string;
  readonly subject: string;
  readonly reason: string;
  readonly detail: string;
  readonly attempts: number;
  readonly deadTime: Date;
  readonly traceparent: string;
  /** The body, as text. */
  readonly data: string;
}

const columns = (service: string): string => `'${service}:' || id as id, queue, message_id as "messageId", type, source,
  subject, reason, detail, attempts, dead_time as "deadTime", traceparent, data`;

export async function countDeadLetters(
  { service, client }: ServiceDatabase,
  filter: DeadLetterFilter,
): Promise<number> {
  const { where, values } = conditionOf(filter, service);
  const { rows } = await client.query<{ count: number }>(
    `select count(*)::integer as count from ${service}.dead_letters where ${where}`,
    values,
  );
  return rows[0]?.count ?? 0;
}

/** The newest first. */
export async function findDeadLetters(
  { service, client }: ServiceDatabase,
  filter: DeadLetterFilter,
  limit: number,
): Promise<DeadLetter[]> {
  const { where, values } = conditionOf(filter, service);
  const { rows } = await client.query<DeadLetter>(
    `select ${columns(service)} from ${service}.dead_letters where ${where} order by dead_time desc, id desc limit $7`,
    [...values, limit],
  );
  return rows;
}

/** Numbers in the service's table, the oldest first: what is done with many of them is done in this order. */
export async function deadLetterNumbers(
  { service, client }: ServiceDatabase,
  filter: DeadLetterFilter,
): Promise<string[]> {
  const { where, values } = conditionOf(filter, service);
  const { rows } = await client.query<{ id: string }>(
    `select id::text from ${service}.dead_letters where ${where} order by id`,
    values,
  );
  return rows.map(({ id }) => id);
}

/** Takes a row lock. */
export async function lockDeadLetters(
  { service, client }: ServiceDatabase,
  numbers: readonly string[],
): Promise<DeadLetter[]> {
  const { rows } = await client.query<DeadLetter>(
    `select ${columns(service)} from ${service}.dead_letters where id = any($1::bigint[]) order by id for update`,
    [numbers],
  );
  return rows;
}

/** Ids of those that were there. */
export async function removeDeadLetters(
  { service, client }: ServiceDatabase,
  numbers: readonly string[],
): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(
    `delete from ${service}.dead_letters where id = any($1::bigint[]) returning '${service}:' || id as id`,
    [numbers],
  );
  return rows.map(({ id }) => id);
}
