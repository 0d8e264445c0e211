import { after, before } from "node:test";
import { createProofReader } from "./postgres-proofs.ts";
import { proofsContract } from "./proofs.contract.ts";
import { openAuthDatabase } from "./test-database.fixture.ts";

let auth: Awaited<ReturnType<typeof openAuthDatabase>>;
before(async () => {
  auth = await openAuthDatabase();
});
after(() => auth.close());

proofsContract("PostgreSQL", () => ({ uow: auth.uow, reader: createProofReader(auth.db.pool) }));
