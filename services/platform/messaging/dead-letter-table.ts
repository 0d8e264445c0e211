import type { Pool } from "pg";
import { guardDatabase } from "../database/database-errors.ts";
import type { DeadLetter } from "./message.ts";

/** Keeps dead letters in the service's own table, the one place where an operator looks. One letter is kept once. */
export function createDeadLetterTable(pool: Pool, schema: string): (letter: DeadLetter) => Promise<void> {
  return async (letter) => {
    await guardDatabase(() =>
      pool.query(
        `insert into ${schema}.dead_letters
           (queue, message_id, type, source, subject, reason, detail, attempts, data, traceparent)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing`,
        [
          letter.queue,
          letter.messageId,
          letter.type,
          letter.source,
          letter.subject,
          letter.reason,
          letter.detail,
          letter.attempts,
          letter.data,
          letter.traceparent,
        ],
      ),
    );
  };
}
