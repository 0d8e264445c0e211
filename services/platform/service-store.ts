import { type Database, type DatabaseConfig, openDatabase } from "./database/database.ts";
import { startDatabaseMonitor } from "./database/database-monitor.ts";
import { createTransactions, type Transactions } from "./database/transactions.ts";
import { createDeadLetterTable } from "./messaging/dead-letter-table.ts";
import { startInboxJanitor } from "./messaging/inbox-janitor.ts";
import type { Envelope, Subscription, Transport } from "./messaging/message.ts";
import { type OutboxRelay, startOutboxRelay } from "./messaging/outbox-relay.ts";
import type { Periodic } from "./periodic.ts";

/** What every role of a service stands on: its database, the relay that empties its outbox, and who tidies its inbox. */
export interface ServiceStore {
  readonly db: Database;
  readonly transactions: Transactions;
  /** For subscriptions of the service. */
  readonly keepDeadLetter: NonNullable<Subscription["keepDeadLetter"]>;
  /** Hands over what was just committed to the outbox. */
  handOver(envelopes: readonly Envelope[]): void;
  isUp(): boolean;
  start(): void;
  /** Hands over what is in the outbox, as far as that works, and closes the database. */
  stop(): Promise<void>;
}

export async function openServiceStore(
  deps: DatabaseConfig & { readonly schema: string; readonly transport: Transport },
): Promise<ServiceStore> {
  const db = await openDatabase(deps);
  const monitor = startDatabaseMonitor(db, deps.log);
  let relay: OutboxRelay | undefined;
  let janitor: Periodic | undefined;
  return {
    db,
    transactions: createTransactions(db),
    keepDeadLetter: createDeadLetterTable(db.pool, deps.schema),
    handOver: (envelopes) => relay?.handOver(envelopes),
    isUp: monitor.isUp,
    start() {
      relay = startOutboxRelay({
        pool: db.pool,
        schema: deps.schema,
        publisher: deps.transport,
        claim: deps.transport.inProcess ? "lease" : "lock",
        log: deps.log,
      });
      janitor = startInboxJanitor({ pool: db.pool, schema: deps.schema, log: deps.log });
    },
    async stop() {
      await Promise.all([relay?.stop(), janitor?.stop()]);
      await monitor.stop();
      await db.close();
    },
  };
}
