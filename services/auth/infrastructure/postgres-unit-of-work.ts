import type { EntityManager } from "@mikro-orm/postgresql";
import type { Transactions } from "../../platform/database/transactions.ts";
import { claimMessage } from "../../platform/messaging/inbox.ts";
import type { Clock, Ids, Transaction, UnitOfWork } from "../application/ports.ts";
import { outboxMessages } from "./outbox-messages.ts";
import { accountsOf } from "./postgres-accounts.ts";
import { registrationsOf } from "./postgres-registrations.ts";
import { sessionsOf } from "./postgres-sessions.ts";

export function createPostgresUnitOfWork(deps: {
  transactions: Transactions;
  ids: Ids;
  clock: Clock;
  /** Called after each commit that left something in the outbox. */
  onMessages: () => void;
}): UnitOfWork {
  async function run<T>(work: (em: EntityManager, tx: Transaction) => Promise<T>): Promise<T> {
    let sent = false;
    const result = await deps.transactions.run((em) =>
      work(em, {
        registrations: registrationsOf(em),
        accounts: accountsOf(em),
        sessions: sessionsOf(em),
        messages: outboxMessages(em, {
          ...deps,
          onSend: () => {
            sent = true;
          },
        }),
      }),
    );
    if (sent) deps.onMessages();
    return result;
  }

  return {
    run: (work) => run((_, tx) => work(tx)),
    runOnce: (messageId, work) =>
      run(async (em, tx) => {
        if (await claimMessage(em, "auth", "auth", messageId)) await work(tx);
      }),
  };
}
