import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createTestAccess } from "../infrastructure/in-memory-access.fixture.ts";
import { createGrantRole, createRevokeRole } from "./change-roles.ts";

describe("changing roles", () => {
  it("grants and revokes, and tells the auditor each change once", async () => {
    const { grant, revoke, access } = await setup();
    assert.deepEqual((await grant("ADA@example.com", "admin")).roles, ["user", "admin"]);
    await grant("ada@example.com", "admin");
    assert.deepEqual((await access.uow.accounts.find("ada"))?.roles, ["user", "admin"]);
    await revoke("ada@example.com", "admin");
    assert.deepEqual((await access.uow.accounts.find("ada"))?.roles, ["user"]);
    assert.deepEqual(access.audited, [
      { event: "role_granted", userId: "ada", by: "operator", role: "admin" },
      { event: "role_revoked", userId: "ada", by: "operator", role: "admin" },
    ]);
  });

  it("says that nobody has the address", async () => {
    const { grant } = await setup();
    await assert.rejects(grant("nobody@example.com", "admin"), { reason: "ACCOUNT_NOT_FOUND" });
    await assert.rejects(grant("nobody", "admin"), { reason: "INVALID_EMAIL" });
  });
});

async function setup() {
  const access = await createTestAccess();
  const deps = { uow: access.uow, accounts: access.uow.accounts, clock: access.clock };
  return { access, grant: createGrantRole(deps), revoke: createRevokeRole(deps) };
}
