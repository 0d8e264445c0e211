import type { EntityManager } from "@mikro-orm/postgresql";
import { sql } from "../database/database.ts";
import { failpoints } from "../failpoints.ts";

/**
 * Claims a message for this transaction. False when a committed transaction has already handled it; a concurrent one is
 * waited for.
 */
export async function claimMessage(
  em: EntityManager,
  schema: string,
  consumer: string,
  messageId: string,
): Promise<boolean> {
  if (failpoints?.isOn("inbox.skip")) return true;
  const claimed = await sql(
    em,
    `insert into ${schema}.inbox (consumer, message_id) values ($1, $2) on conflict do nothing returning 1`,
    [consumer, messageId],
  );
  return claimed.length === 1;
}
