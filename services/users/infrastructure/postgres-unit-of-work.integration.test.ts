import { after, before } from "node:test";
import { newcomersContract } from "./newcomers.contract.ts";
import { unitOfWorkContract } from "./unit-of-work.contract.ts";
import { openUsersDatabase, type UsersDatabase } from "./users-database.fixture.ts";

let db: UsersDatabase;
before(async () => {
  db = await openUsersDatabase();
});
after(() => db?.drop());

const open = () => ({
  uow: db.uow,
  sendAll: async () => void (await db.database.pool.query("delete from users.outbox")),
  messagesAbout: async (creationId: string) => (await db.outbox(creationId)).length,
});

unitOfWorkContract("PostgreSQL", open);
newcomersContract("PostgreSQL", open);
