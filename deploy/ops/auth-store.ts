import { createAccountReader } from "../../services/auth/infrastructure/postgres-readers.ts";
import { AccountRow } from "../../services/auth/infrastructure/postgres-schema.ts";
import { createPostgresUnitOfWork } from "../../services/auth/infrastructure/postgres-unit-of-work.ts";
import { openDatabase } from "../../services/platform/database/database.ts";
import { createTransactions } from "../../services/platform/database/transactions.ts";
import { uuidv7 } from "../../services/platform/ids.ts";
import { createLog } from "../../services/platform/log.ts";
import type { Context } from "./context.ts";
import { withDatabaseUrls } from "./databases.ts";

export type AuthStore = Awaited<ReturnType<typeof openAuthStore>>;

/** Runs `work` on auth's database, wherever the environment says it is. */
export const withAuth = <T>(context: Context, work: (store: AuthStore) => Promise<T>): Promise<T> =>
  withDatabaseUrls(context, ["auth"], ({ auth }) => withAuthStore(auth, work));

/** What auth's use cases stand on. Messages are left in the outbox: the relay of a running service finds them. */
export async function withAuthStore<T>(url: string, work: (store: AuthStore) => Promise<T>): Promise<T> {
  const store = await openAuthStore(url);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

async function openAuthStore(url: string) {
  const log = createLog("silent", "ops");
  const entities = [AccountRow];
  const db = await openDatabase({ url, entities, applicationName: "limen ops", poolSize: 2, log });
  const transactions = createTransactions(db);
  const clock = { now: () => new Date() };
  const ids = { next: () => uuidv7() };
  const uow = createPostgresUnitOfWork({ transactions, clock, ids, log, onMessages: () => undefined });
  const accounts = createAccountReader(db.pool);
  return { pool: db.pool, transactions, clock, ids, log, uow, accounts, close: () => db.close() };
}
