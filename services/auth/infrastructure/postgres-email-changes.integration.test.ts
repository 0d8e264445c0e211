import { after, before } from "node:test";
import { emailChangesContract } from "./email-changes.contract.ts";
import { createEmailChangeLoader } from "./postgres-email-changes.ts";
import { openAuthDatabase } from "./test-database.fixture.ts";

let auth: Awaited<ReturnType<typeof openAuthDatabase>>;
before(async () => {
  auth = await openAuthDatabase();
});
after(() => auth.close());

emailChangesContract("PostgreSQL", () => ({ uow: auth.uow, progress: createEmailChangeLoader(auth.db.pool) }));
