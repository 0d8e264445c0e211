import type { EntityManager } from "@mikro-orm/postgresql";
import { sql } from "../database/open-transaction.ts";
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
  return (await claimMessages(em, schema, consumer, [messageId])).has(messageId);
}

/** The same for many: those that this transaction may handle. In order, so that nobody waits in a circle. */
export async function claimMessages(
  em: EntityManager,
  schema: string,
  consumer: string,
  messageIds: readonly string[],
): Promise<ReadonlySet<string>> {
  if (failpoints?.isOn("inbox.skip")) return new Set(messageIds);
  const claimed = await sql<{ id: string }>(
    em,
    `insert into ${schema}.inbox (consumer, message_id) select $1, id from unnest($2::text[]) as given (id) order by id
     on conflict do nothing returning message_id as id`,
    [consumer, messageIds],
  );
  return new Set(claimed.map(({ id }) => id));
}
