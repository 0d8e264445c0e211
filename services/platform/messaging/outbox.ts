import type { EntityManager } from "@mikro-orm/postgresql";
import { sql } from "../database/database.ts";
import type { Envelope } from "./message.ts";

/** Where a transaction leaves its messages: they exist if and only if its other changes do. */
export async function addToOutbox(em: EntityManager, schema: string, envelopes: readonly Envelope[]): Promise<void> {
  for (const message of envelopes) {
    await sql(
      em,
      `insert into ${schema}.outbox
         (id, type, source, subject, exchange, routing_key, mandatory, traceparent, data, create_time)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [
        message.id,
        message.type,
        message.source,
        message.subject,
        message.exchange,
        message.routingKey,
        message.mandatory,
        message.traceparent,
        JSON.stringify(message.data),
        message.time,
      ],
    );
  }
}
