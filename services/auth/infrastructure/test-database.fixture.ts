import { createTestDatabase } from "../../../tests/support/postgres.ts";
import { openDatabase } from "../../platform/database/database.ts";
import { migrateSchema } from "../../platform/database/migrate.ts";
import { createTransactions } from "../../platform/database/transactions.ts";
import { uuidv7 } from "../../platform/ids.ts";
import { createLog } from "../../platform/log.ts";
import { authSchema } from "./migrations.ts";
import { AccountRow } from "./postgres-schema.ts";
import { createPostgresUnitOfWork } from "./postgres-unit-of-work.ts";

export const silent = createLog("silent", "test");

/** Auth's schema in a database of its own, as the service opens it. */
export async function openAuthDatabase() {
  const database = await createTestDatabase();
  await migrateSchema(database.url, authSchema);
  const db = await openDatabase({
    url: database.url,
    entities: [AccountRow],
    applicationName: "auth test",
    poolSize: 20,
    log: silent,
  });
  const transactions = createTransactions(db);
  const clock = { now: () => new Date() };
  const ids = { next: () => uuidv7() };
  const uow = createPostgresUnitOfWork({ transactions, ids, clock, onMessages: () => {}, log: silent });
  return {
    url: database.url,
    db,
    transactions,
    uow,
    clock,
    ids,
    async close() {
      await db.close();
      await database.drop();
    },
  };
}
