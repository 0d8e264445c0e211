import type { EntityManager } from "@mikro-orm/postgresql";
import { sql } from "../database/database.ts";
import type { Envelope } from "./message.ts";

/** Where a transaction leaves its messages: they exist if and only if its other changes do. In the order given. */
export async function addToOutbox(em: EntityManager, schema: string, envelopes: readonly Envelope[]): Promise<void> {
  await sql(em, insertIntoOutbox(schema, "$1::json"), [outboxRows(envelopes)]);
}

/** What `insertIntoOutbox` takes. One JSON text costs the sender a third of what an array for each column does (measured). */
export const outboxRows = (envelopes: readonly Envelope[]): string => JSON.stringify(envelopes);

/** `rows` is an SQL expression of type json, from `outboxRows`; `condition` one that says whether any is inserted. */
export const insertIntoOutbox = (schema: string, rows: string, condition = "true"): string => `
  insert into ${schema}.outbox
    (id, type, source, subject, exchange, routing_key, mandatory, traceparent, data, create_time)
  select id, type, source, subject, exchange, routing_key, mandatory, traceparent, data, create_time
  from rows from (json_to_recordset(${rows}) as
      (id uuid, type text, source text, subject text, exchange text, "routingKey" text, mandatory boolean,
       traceparent text, data jsonb, "time" timestamptz)) with ordinality
    as given (id, type, source, subject, exchange, routing_key, mandatory, traceparent, data, create_time, position)
  where ${condition} order by position`;
