import { inTransaction, type Service, type ServiceDatabase } from "./databases.ts";
import { type DeadLetter, lockDeadLetters, removeDeadLetters } from "./dead-letters.ts";
import { type ReplayRoute, routeOf } from "./replay-route.ts";

export interface Replayed {
  /** Ids of the letters that were sent again, and are letters no more. */
  readonly replayed: readonly string[];
  readonly refused: readonly { readonly id: string; readonly why: string }[];
}

/**
 * Moves dead letters into an outbox, whose relay sends them as it sends everything else. Each keeps its message id: its
 * effect never happened, or its receiver's inbox knows it, so that replaying twice does nothing twice.
 *
 * The letter leaves in the same transaction. Where the outbox is another service's, which may be another database, its
 * row is kept before the letter is gone: a crash in between leaves the letter, and again the inbox absorbs the repeat. A
 * message that dies anew meanwhile waits for this transaction, and then becomes a new letter.
 */
export function replayDeadLetters(
  databases: Readonly<Record<Service, ServiceDatabase>>,
  service: Service,
  numbers: readonly string[],
  { dryRun = false } = {},
): Promise<Replayed> {
  const from = databases[service];
  return inTransaction(from.client, async () => {
    const letters = await lockDeadLetters(from, numbers);
    const refused: { id: string; why: string }[] = [];
    const routed: { letter: DeadLetter; route: ReplayRoute }[] = [];
    for (const letter of letters) {
      const route = routeOf(letter);
      if ("why" in route) refused.push({ id: letter.id, why: route.why });
      else routed.push({ letter, route });
    }
    const replayed = routed.map(({ letter }) => letter.id);
    if (dryRun) return { replayed, refused };
    await removeDeadLetters(from, replayed.map(numberOf));
    for (const { letter, route } of routed) await addToOutbox(databases[route.via], letter, route);
    return { replayed, refused };
  });
}

const numberOf = (id: string): string => id.slice(id.indexOf(":") + 1);

/** A message that is still there needs no second row. */
async function addToOutbox(
  { service, client }: ServiceDatabase,
  letter: DeadLetter,
  route: ReplayRoute,
): Promise<void> {
  await client.query(
    `insert into ${service}.outbox
       (id, type, source, subject, exchange, routing_key, mandatory, traceparent, data, create_time)
     values ($1, $2, $3, $4, $5, $6, true, $7, $8::jsonb, now()) on conflict (id) do nothing`,
    [
      letter.messageId,
      letter.type,
      letter.source,
      letter.subject,
      route.exchange,
      route.routingKey,
      letter.traceparent,
      letter.data,
    ],
  );
}
