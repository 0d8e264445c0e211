import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { etagOf, newUser, parseEmail, parseName, parseUserId } from "../domain/user.ts";
import { createInMemoryUnitOfWork } from "../infrastructure/in-memory-unit-of-work.ts";
import { createDeleteUser } from "./delete-user.ts";
import { createReactivateUser } from "./reactivate-user.ts";
import { createSuspendUser } from "./suspend-user.ts";
import { createUpdateUser } from "./update-user.ts";

describe("changing a user", () => {
  it("keeps the change and announces it", async () => {
    const { updateUser, suspendUser, reactivateUser, deleteUser, uow } = await setup();
    const { userId } = whoever;
    await updateUser({ ...whoever, name: " Ada King " });
    await suspendUser(whoever);
    await reactivateUser(whoever);
    const deleted = await deleteUser(whoever);
    assert.deepEqual(deleted, { ...ada, name: "Ada King", status: "DELETED", version: 5, updateTime: now });
    assert.deepEqual(await uow.run(({ users }) => users.find(ada.id)), deleted);
    const { email } = ada;
    assert.deepEqual(uow.published(), [
      { type: "user-updated", userId, email, status: "ACTIVE", version: 2, occurTime: now, actor: "grace" },
      { type: "user-suspended", userId, email, status: "SUSPENDED", version: 3, occurTime: now, actor: "grace" },
      { type: "user-reactivated", userId, email, status: "ACTIVE", version: 4, occurTime: now, actor: "grace" },
      { type: "user-deleted", userId, email, status: "DELETED", version: 5, occurTime: now, actor: "grace" },
    ]);
  });

  it("announces nothing when nothing changed", async () => {
    const { updateUser, suspendUser, reactivateUser, uow } = await setup();
    assert.deepEqual(await reactivateUser(whoever), ada);
    assert.deepEqual(await updateUser({ ...whoever, name: null }), ada);
    assert.deepEqual(await updateUser({ ...whoever, name: "Ada" }), ada);
    const suspended = await suspendUser(whoever);
    assert.deepEqual(await suspendUser(whoever), suspended);
    assert.equal(uow.published().length, 1);
  });

  it("is made only to the version that was read", async () => {
    const { suspendUser, updateUser, uow } = await setup();
    const suspended = await suspendUser({ ...whoever, etag: etagOf(ada) });
    await assert.rejects(updateUser({ ...whoever, etag: etagOf(ada), name: "Ada King" }), { reason: "ETAG_MISMATCH" });
    assert.deepEqual(await uow.run(({ users }) => users.find(ada.id)), suspended);
    assert.equal(uow.published().length, 1);
  });

  it("needs a user who is there", async () => {
    const { suspendUser, updateUser } = await setup();
    const unknown = { userId: "0197a000-0000-7000-8000-00000000000f", etag: null, actor: null };
    await assert.rejects(suspendUser(unknown), { reason: "USER_NOT_FOUND" });
    await assert.rejects(updateUser({ ...unknown, userId: "someone", name: "Ada" }), { reason: "USER_NOT_FOUND" });
  });

  it("is refused for a deleted user, but deleting again is not", async () => {
    const { suspendUser, updateUser, deleteUser, uow } = await setup();
    const deleted = await deleteUser(whoever);
    await assert.rejects(suspendUser(whoever), { reason: "USER_DELETED" });
    await assert.rejects(updateUser({ ...whoever, name: null }), { reason: "USER_DELETED" });
    assert.deepEqual(await deleteUser(whoever), deleted);
    assert.equal(uow.published().length, 1);
  });

  it("checks the name", async () => {
    const { updateUser } = await setup();
    await assert.rejects(updateUser({ ...whoever, name: "" }), { reason: "INVALID_NAME" });
  });
});

const now = new Date("2026-01-02T00:00:00Z");
const ada = newUser(
  parseUserId("0197a000-0000-7000-8000-000000000001"),
  parseName("Ada"),
  parseEmail("ada@example.com"),
  new Date("2026-01-01T00:00:00Z"),
);
const whoever = { userId: ada.id, etag: null, actor: "grace" };

async function setup() {
  const uow = createInMemoryUnitOfWork();
  await uow.run(({ users }) => users.add(ada));
  const deps = { uow, clock: { now: () => now } };
  return {
    uow,
    updateUser: createUpdateUser(deps),
    suspendUser: createSuspendUser(deps),
    reactivateUser: createReactivateUser(deps),
    deleteUser: createDeleteUser(deps),
  };
}
