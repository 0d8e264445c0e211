import { AccountRow, RegistrationRow } from "../../services/auth/infrastructure/postgres-schema.ts";
import { createPostgresUnitOfWork } from "../../services/auth/infrastructure/postgres-unit-of-work.ts";
import { openDatabase } from "../../services/platform/database/database.ts";
import { createTransactions } from "../../services/platform/database/transactions.ts";
import { uuidv7 } from "../../services/platform/ids.ts";
import { createLog } from "../../services/platform/log.ts";
import { withAuthDatabase } from "./auth-database.ts";

export type OpenedAuth = Awaited<ReturnType<typeof openAuth>>;

/** Runs `work` on auth's database, with what the service itself would use there. */
export const withAuth = (work: (auth: OpenedAuth) => Promise<void>): Promise<void> =>
  withAuthDatabase(process.env, async (url) => {
    const auth = await openAuth(url);
    try {
      await work(auth);
    } finally {
      await auth.close();
    }
  });

async function openAuth(url: string) {
  const log = createLog("warn", "ops");
  const entities = [AccountRow, RegistrationRow];
  const db = await openDatabase({ url, entities, applicationName: "limen ops", poolSize: 2, log });
  const transactions = createTransactions(db);
  const clock = { now: () => new Date() };
  const ids = { next: () => uuidv7() };
  const uow = createPostgresUnitOfWork({ transactions, clock, ids, log, onMessages: () => undefined });
  return { pool: db.pool, transactions, clock, ids, log, uow, close: () => db.close() };
}
