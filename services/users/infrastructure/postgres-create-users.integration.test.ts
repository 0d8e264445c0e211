import { after, before } from "node:test";
import { createUsersContract } from "./create-users.contract.ts";
import { openUsersDatabase, type UsersDatabase } from "./users-database.fixture.ts";

let db: UsersDatabase;
before(async () => {
  db = await openUsersDatabase();
});
after(() => db?.drop());

createUsersContract(
  "PostgreSQL",
  () => ({
    uow: db.uow,
    answersAbout: async (creationId) =>
      (await db.outbox(creationId)).map(({ data }) => String(data.reason ?? `CREATED ${data.userId} ${data.email}`)),
  }),
  60,
);
