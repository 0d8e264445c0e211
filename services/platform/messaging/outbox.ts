import type { EntityManager } from "@mikro-orm/postgresql";
import { sql } from "../database/database.ts";
import type { Envelope } from "./message.ts";

/** Where a transaction leaves its messages: they exist if and only if its other changes do. In the order given. */
export async function addToOutbox(em: EntityManager, schema: string, envelopes: readonly Envelope[]): Promise<void> {
  await sql(
    em,
    `insert into ${schema}.outbox
       (id, type, source, subject, exchange, routing_key, mandatory, traceparent, data, create_time)
     select id, type, source, subject, exchange, routing_key, mandatory, traceparent, data::jsonb, create_time
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
