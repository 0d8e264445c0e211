import type { EntityManager } from "@mikro-orm/postgresql";
import type { Transactions } from "../../platform/database/transactions.ts";
import { failpoints } from "../../platform/failpoints.ts";
import { claimMessage, claimMessages } from "../../platform/messaging/inbox.ts";
import type { Envelope } from "../../platform/messaging/message.ts";
import type { BatchUnitOfWork, Clock, Ids, Transaction, UnitOfWork } from "../application/ports.ts";
import { outboxMessages, toEnvelopes } from "./outbox-messages.ts";
import { creationsOf } from "./postgres-creations.ts";
import { emailChangesOf } from "./postgres-email-changes.ts";
import { insertNewcomers } from "./postgres-newcomers.ts";
import { usersOf } from "./postgres-users.ts";

/** In the inbox. */
const consumer = "user_commands";

export function createPostgresUnitOfWork(deps: {
  transactions: Transactions;
  ids: Ids;
  clock: Clock;
  /** Called with what a commit left in the outbox. */
  onMessages: (envelopes: readonly Envelope[]) => void;
}): UnitOfWork & BatchUnitOfWork {
  async function run<T>(work: (em: EntityManager, tx: Transaction) => Promise<T>): Promise<T> {
    let sent: Envelope[] = [];
    const result = await deps.transactions.run((em) => {
      // Another attempt begins from nothing.
      sent = [];
      return work(em, {
        users: usersOf(em),
        creations: creationsOf(em),
        emailChanges: emailChangesOf(em),
        messages: outboxMessages(em, { ...deps, onSend: (envelopes) => void sent.push(...envelopes) }),
      });
    });
    if (sent.length > 0) deps.onMessages(sent);
    return result;
  }

  return {
    run: (work) => run((_, tx) => work(tx)),
    runOnce: (messageId, work) =>
      run(async (em, tx) => {
        if (await claimMessage(em, "users", consumer, messageId)) await work(tx);
      }),
    runOnceEach: (messages, work) =>
      run(async (em, tx) => {
        const ids = messages.map(({ messageId }) => messageId);
        const claimed = new Set(await claimMessages(em, "users", consumer, ids));
        const fresh = messages.filter(({ messageId }) => claimed.delete(messageId));
        if (fresh.length > 0) await work(tx, fresh);
      }),
    async keepNew(newcomers) {
      if (failpoints?.isOn("inbox.skip")) return false;
      const answers = toEnvelopes(
        newcomers.map(({ answer }) => answer),
        deps,
      );
      const kept = await deps.transactions.runStatement<{ sent: number }>(
        insertNewcomers(consumer, newcomers, answers),
        ([row]) => row?.sent === newcomers.length,
      );
      if (kept) deps.onMessages(answers);
      return kept;
    },
  };
}
