import type { EntityManager } from "@mikro-orm/postgresql";
import type { Transactions } from "../../platform/database/transactions.ts";
import { claimMessage } from "../../platform/messaging/inbox.ts";
import type { Clock, Ids, Transaction, UnitOfWork } from "../application/ports.ts";
import { outboxMessages } from "./outbox-messages.ts";
import { creationsOf } from "./postgres-creations.ts";
import { usersOf } from "./postgres-users.ts";

export function createPostgresUnitOfWork(deps: {
  transactions: Transactions;
  ids: Ids;
  clock: Clock;
  /** Called after each commit that left something in the outbox. */
  onMessages: () => void;
}): UnitOfWork {
  async function run<T>(work: (em: EntityManager, tx: Transaction) => Promise<T>): Promise<T> {
    let sent = false;
    const onSend = () => {
      sent = true;
    };
    const result = await deps.transactions.run((em) =>
      work(em, {
        users: usersOf(em),
        creations: creationsOf(em),
        messages: outboxMessages(em, { ids: deps.ids, clock: deps.clock, onSend }),
      }),
    );
    if (sent) deps.onMessages();
    return result;
  }

  return {
    run: (work) => run((_, tx) => work(tx)),
    runOnce: (messageId, work) =>
      run(async (em, tx) => {
        if (await claimMessage(em, "users", "user_commands", messageId)) await work(tx);
      }),
  };
}
