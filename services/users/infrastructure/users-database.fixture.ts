import { createTestDatabase } from "../../../tests/support/postgres.ts";
import { type Database, openDatabase } from "../../platform/database/database.ts";
import { migrateSchema } from "../../platform/database/migrate.ts";
import { createTransactions } from "../../platform/database/transactions.ts";
import { uuidv7 } from "../../platform/ids.ts";
import { createLog, type Log } from "../../platform/log.ts";
import type { Envelope, Subscription } from "../../platform/messaging/message.ts";
import { createCancelUserCreation } from "../application/cancel-user-creation.ts";
import { createCancelUserEmailChange } from "../application/cancel-user-email-change.ts";
import { createChangeUserEmail } from "../application/change-user-email.ts";
import { createCreateUser } from "../application/create-user.ts";
import { createCreateUsers } from "../application/create-users.ts";
import type { BatchUnitOfWork, Clock, Ids, UnitOfWork, UserReader } from "../application/ports.ts";
import { userCommands } from "./message-consumer.ts";
import { usersSchema } from "./migrations.ts";
import { CreationRow, UserRow } from "./postgres-schema.ts";
import { createPostgresUnitOfWork } from "./postgres-unit-of-work.ts";
import { createPostgresUserReader } from "./postgres-user-reader.ts";

export interface OutboxMessage {
  readonly type: string;
  readonly exchange: string;
  readonly routing_key: string;
  readonly mandatory: boolean;
  readonly traceparent: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface UsersDatabase {
  readonly database: Database;
  readonly uow: UnitOfWork & BatchUnitOfWork;
  readonly reader: UserReader;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly log: Log;
  /** The messages that name `creationId` and wait to be sent, oldest first. */
  outbox(creationId: string): Promise<OutboxMessage[]>;
  drop(): Promise<void>;
}

/** What the worker takes from its queue. */
export const commandsOn = (db: Pick<UsersDatabase, "uow" | "clock">): Subscription =>
  userCommands({
    createUser: createCreateUser(db),
    createUsers: createCreateUsers(db),
    cancelUserCreation: createCancelUserCreation(db),
    changeUserEmail: createChangeUserEmail(db),
    cancelUserEmailChange: createCancelUserEmailChange(db),
  });

/** The users schema in a database of its own, and the adapters on it. */
export async function openUsersDatabase(
  options: { onMessages?: (envelopes: readonly Envelope[]) => void } = {},
): Promise<UsersDatabase> {
  const { url, drop } = await createTestDatabase();
  await migrateSchema(url, usersSchema);
  const log = createLog("silent", "test");
  const database = await openDatabase({
    url,
    entities: [UserRow, CreationRow],
    applicationName: "users-test",
    poolSize: 10,
    log,
  });
  const deps = { ids: { next: () => uuidv7() }, clock: { now: () => new Date() }, log };
  return {
    ...deps,
    database,
    uow: createPostgresUnitOfWork({
      ...deps,
      transactions: createTransactions(database),
      onMessages: options.onMessages ?? (() => {}),
    }),
    reader: createPostgresUserReader(database.pool),
    async outbox(creationId) {
      const { rows } = await database.pool.query<OutboxMessage>(
        `select type, exchange, routing_key, mandatory, traceparent, data
         from users.outbox where data ->> 'creationId' = $1 order by seq`,
        [creationId],
      );
      return rows;
    },
    async drop() {
      await database.close();
      await drop();
    },
  };
}
