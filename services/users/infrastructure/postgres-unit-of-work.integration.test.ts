import { after, before } from "node:test";
import { unitOfWorkContract } from "./unit-of-work.contract.ts";
import { openUsersDatabase, type UsersDatabase } from "./users-database.fixture.ts";

let db: UsersDatabase;
before(async () => {
  db = await openUsersDatabase();
});
after(() => db?.drop());

unitOfWorkContract("PostgreSQL", () => ({
  uow: db.uow,
  sendAll: async () => void (await db.database.pool.query("delete from users.outbox")),
  messagesAbout: async (creationId) => (await db.outbox(creationId)).length,
}));
