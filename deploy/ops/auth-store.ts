import type { AccountReader, Clock, UnitOfWork } from "../../services/auth/application/ports.ts";
import { createAccountReader } from "../../services/auth/infrastructure/postgres-readers.ts";
import { AccountRow, RegistrationRow } from "../../services/auth/infrastructure/postgres-schema.ts";
import { createPostgresUnitOfWork } from "../../services/auth/infrastructure/postgres-unit-of-work.ts";
import { openDatabase } from "../../services/platform/database/database.ts";
import { createTransactions } from "../../services/platform/database/transactions.ts";
import { uuidv7 } from "../../services/platform/ids.ts";
import { createLog } from "../../services/platform/log.ts";

export interface AuthStore {
  readonly uow: UnitOfWork;
  readonly accounts: AccountReader;
  readonly clock: Clock;
}

/** What auth's use cases stand on. Messages are left in the outbox: the relay of a running service finds them. */
export async function withAuthStore<T>(url: string, work: (store: AuthStore) => Promise<T>): Promise<T> {
  const db = await openDatabase({
    url,
    entities: [AccountRow, RegistrationRow],
    applicationName: "limen ops",
    poolSize: 2,
    log: createLog("silent", "ops"),
  });
  try {
    const clock = { now: () => new Date() };
    const uow = createPostgresUnitOfWork({
      transactions: createTransactions(db),
      clock,
      ids: { next: () => uuidv7() },
      onMessages: () => undefined,
    });
    return await work({ uow, accounts: createAccountReader(db.pool), clock });
  } finally {
    await db.close();
  }
}
