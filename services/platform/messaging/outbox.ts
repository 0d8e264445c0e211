import type { EntityManager } from "@mikro-orm/postgresql";
import { postSql } from "../database/open-transaction.ts";
import type { Envelope } from "./message.ts";

/**
 * So long a message is for its writer to hand over, which still has it in memory; then for whichever relay finds it first.
 * Much longer than a broker takes to confirm it, and short enough that nobody waits long for what a dead process left.
 */
export const writersMs = 400;

/** SQL: when relays may take a message that is written now. */
export const relayTime = `now() + interval '${writersMs} milliseconds'`;

/** Where a transaction leaves its messages: they exist if and only if its other changes do. In the order given. */
export async function addToOutbox(em: EntityManager, schema: string, envelopes: readonly Envelope[]): Promise<void> {
  postSql(
    em,
    `insert into ${schema}.outbox
       (id, type, source, subject, exchange, routing_key, mandatory, traceparent, data, create_time, not_before)
     select id, type, source, subject, exchange, routing_key, mandatory, traceparent, data::jsonb, create_time, ${relayTime}
     from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::boolean[], $8::text[],
         $9::text[], $10::timestamptz[]) with ordinality
       as given (id, type, source, subject, exchange, routing_key, mandatory, traceparent, data, create_time, position)
     order by position`,
    [
      envelopes.map(({ id }) => id),
      envelopes.map(({ type }) => type),
      envelopes.map(({ source }) => source),
      envelopes.map(({ subject }) => subject),
      envelopes.map(({ exchange }) => exchange),
      envelopes.map(({ routingKey }) => routingKey),
      envelopes.map(({ mandatory }) => mandatory),
      envelopes.map(({ traceparent }) => traceparent),
      envelopes.map(({ data }) => JSON.stringify(data)),
      envelopes.map(({ time }) => time),
    ],
  );
}
