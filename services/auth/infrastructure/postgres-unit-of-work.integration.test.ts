import { after, before } from "node:test";
import { createAccountReader, createRegistrationReader } from "./postgres-readers.ts";
import { openAuthDatabase } from "./test-database.fixture.ts";
import { unitOfWorkContract } from "./unit-of-work.contract.ts";

let auth: Awaited<ReturnType<typeof openAuthDatabase>>;
before(async () => {
  auth = await openAuthDatabase();
});
after(() => auth.close());

unitOfWorkContract("PostgreSQL", () => ({
  uow: auth.uow,
  registrations: createRegistrationReader(auth.db.pool),
  accounts: createAccountReader(auth.db.pool),
}));
