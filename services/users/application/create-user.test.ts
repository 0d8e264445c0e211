import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createInMemoryUnitOfWork } from "../infrastructure/in-memory-unit-of-work.ts";
import { createCancelUserCreation } from "./cancel-user-creation.ts";
import { createCreateUser } from "./create-user.ts";
import { createSuspendUser } from "./suspend-user.ts";

describe("create user", () => {
  it("announces the new user in the same unit of work", async () => {
    const { createUser, uow } = setup();
    await createUser({ ...ada, email: " Ada@Example.com " }, "m1");
    assert.deepEqual(uow.published(), [
      {
        type: "user-created",
        creationId: "c1",
        userId: ada.userId,
        email: "ada@example.com",
        status: "ACTIVE",
        version: 1,
        occurTime: now,
      },
    ]);
  });

  it("answers a taken address with a rejection", async () => {
    const { createUser, uow } = setup();
    await createUser(ada, "m1");
    await createUser({ ...grace, email: "ADA@example.com" }, "m2");
    assert.deepEqual(uow.published().at(-1), rejection("c2", "EMAIL_TAKEN"));
  });

  it("answers a taken user id with a rejection", async () => {
    const { createUser, uow } = setup();
    await createUser(ada, "m1");
    await createUser({ ...grace, userId: ada.userId }, "m2");
    assert.deepEqual(uow.published().at(-1), rejection("c2", "USER_ID_TAKEN"));
  });

  it("answers malformed data with the domain's reason", async () => {
    const { createUser, uow } = setup();
    await createUser({ ...ada, name: " " }, "m1");
    await createUser({ ...grace, email: "grace" }, "m2");
    assert.deepEqual(uow.published(), [rejection("c1", "INVALID_NAME"), rejection("c2", "INVALID_EMAIL")]);
  });

  it("answers a command that is sent again with the decision it made the first time", async () => {
    const { createUser, uow } = setup();
    await createUser(ada, "m1");
    await createUser({ ...ada, name: "", email: "other@example.com" }, "m2");
    const [first, again] = uow.published();
    assert.deepEqual(again, first);

    await createUser({ ...grace, email: ada.email }, "m3");
    await createUser({ ...grace, email: "free@example.com" }, "m4");
    assert.deepEqual(uow.published().slice(2), [rejection("c2", "EMAIL_TAKEN"), rejection("c2", "EMAIL_TAKEN")]);
  });

  it("tells of the user as they are by now when it answers again", async () => {
    const { createUser, suspendUser, uow } = setup();
    await createUser(ada, "m1");
    await suspendUser({ userId: ada.userId, etag: null, actor: null });
    await createUser(ada, "m2");
    const again = uow.published().at(-1);
    assert.ok(again?.type === "user-created");
    assert.deepEqual([again.status, again.version], ["SUSPENDED", 2]);
  });

  it("does nothing for a message that is delivered again", async () => {
    const { createUser, uow } = setup();
    await createUser(ada, "m1");
    await createUser(ada, "m1");
    assert.equal(uow.published().length, 1);
  });
});

describe("cancel user creation", () => {
  it("keeps a user from being created who was not asked for yet", async () => {
    const { createUser, cancelUserCreation, uow } = setup();
    await cancelUserCreation(ada, "m1");
    await createUser(ada, "m2");
    assert.deepEqual(uow.published(), [rejection("c1", "CANCELLED"), rejection("c1", "CANCELLED")]);
  });

  it("comes too late for a user who was created", async () => {
    const { createUser, cancelUserCreation, uow } = setup();
    await createUser(ada, "m1");
    await cancelUserCreation(ada, "m2");
    const [first, again] = uow.published();
    assert.deepEqual(again, first);
  });

  it("does nothing for a message that is delivered again", async () => {
    const { cancelUserCreation, uow } = setup();
    await cancelUserCreation(ada, "m1");
    await cancelUserCreation(ada, "m1");
    assert.equal(uow.published().length, 1);
  });
});

const now = new Date("2026-01-01T00:00:00Z");
const ada = {
  creationId: "c1",
  userId: "0197a000-0000-7000-8000-000000000001",
  name: "Ada",
  email: "ada@example.com",
};
const grace = {
  creationId: "c2",
  userId: "0197a000-0000-7000-8000-000000000002",
  name: "Grace",
  email: "grace@example.com",
};

const rejection = (creationId: string, reason: string) => ({
  type: "user-creation-rejected",
  creationId,
  reason,
  occurTime: now,
});

function setup() {
  const uow = createInMemoryUnitOfWork();
  const deps = { uow, clock: { now: () => now } };
  return {
    uow,
    createUser: createCreateUser(deps),
    cancelUserCreation: createCancelUserCreation(deps),
    suspendUser: createSuspendUser(deps),
  };
}
