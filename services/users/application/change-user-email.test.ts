import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { etagOf, parseUserId } from "../domain/user.ts";
import { createInMemoryUnitOfWork } from "../infrastructure/in-memory-unit-of-work.ts";
import { createCancelUserEmailChange } from "./cancel-user-email-change.ts";
import { createChangeUserEmail } from "./change-user-email.ts";
import { createCreateUser } from "./create-user.ts";
import { createDeleteUser } from "./delete-user.ts";
import { createSuspendUser } from "./suspend-user.ts";

describe("a change of a user's address", () => {
  it("is announced in the same unit of work, and makes the next version", async () => {
    const { change, answers, ada } = await setup();
    const before = await ada();
    await change({ changeId: "c1", email: " King@Example.com " });
    assert.deepEqual(answers(), [
      {
        ...{ type: "user-email-changed", changeId: "c1", userId: adaId, email: "king@example.com" },
        ...{ status: "ACTIVE", version: 2, occurTime: now },
      },
    ]);
    const after = await ada();
    assert.equal(after.email, "king@example.com");
    assert.notEqual(etagOf(after), etagOf(before));
  });

  it("to the address that the user has is made without another version", async () => {
    const { change, answers } = await setup();
    await change({ changeId: "c1", email: "ada@example.com" });
    assert.deepEqual(answers().map(outcomeOf), ["c1 ada@example.com v1"]);
  });

  it("is rejected where there is no such address or no such user, or somebody has the address", async () => {
    const { change, answers, ada } = await setup();
    await change({ changeId: "c1", email: "nobody" });
    await change({ changeId: "c2", email: "GRACE@example.com" });
    await change({ changeId: "c3", userId: "0197a000-0000-7000-8000-000000000009" });
    assert.deepEqual(answers().map(outcomeOf), ["c1 INVALID_EMAIL", "c2 EMAIL_TAKEN", "c3 USER_NOT_FOUND"]);
    assert.equal((await ada()).version, 1);
  });

  it("is rejected while the user is suspended, and once they are deleted", async () => {
    const { change, answers, suspend, remove } = await setup();
    await suspend();
    await change({ changeId: "c1" });
    await remove();
    await change({ changeId: "c2" });
    assert.deepEqual(answers().map(outcomeOf), ["c1 USER_SUSPENDED", "c2 USER_DELETED"]);
  });

  it("is answered again with the decision of the first time, and delivered again not at all", async () => {
    const { change, answers, ada } = await setup();
    await change({ changeId: "c1", email: "grace@example.com" }, "m1");
    await change({ changeId: "c1", email: "free@example.com" });
    await change({ changeId: "c1", email: "free@example.com" }, "m1");
    assert.deepEqual(answers().map(outcomeOf), ["c1 EMAIL_TAKEN", "c1 EMAIL_TAKEN"]);
    assert.equal((await ada()).version, 1);
  });

  it("tells of the user as they are by now when it is answered again", async () => {
    const { change, answers, suspend } = await setup();
    await change({ changeId: "c1", email: "king@example.com" });
    await change({ changeId: "c2", email: "lovelace@example.com" });
    await suspend();
    await change({ changeId: "c1", email: "king@example.com" });
    assert.deepEqual(answers().map(outcomeOf).at(-1), "c1 lovelace@example.com v4");
  });

  it("leaves the address before it to whoever wants it next", async () => {
    const { change, answers } = await setup();
    await change({ changeId: "c1", email: "king@example.com" });
    await change({ changeId: "c2", userId: graceId, email: "ada@example.com" });
    assert.deepEqual(answers().map(outcomeOf), ["c1 king@example.com v2", "c2 ada@example.com v2"]);
  });

  it("is not made once it is cancelled; made before, it stands", async () => {
    const { change, cancel, answers, ada } = await setup();
    await cancel("c1");
    await change({ changeId: "c1" });
    await change({ changeId: "c2", email: "king@example.com" });
    await cancel("c2");
    assert.deepEqual(answers().map(outcomeOf), [
      ...["c1 CANCELLED", "c1 CANCELLED"],
      ...["c2 king@example.com v2", "c2 king@example.com v2"],
    ]);
    assert.equal((await ada()).email, "king@example.com");
  });
});

const now = new Date("2026-01-01T00:00:00Z");
const [adaId, graceId] = ["0197a000-0000-7000-8000-000000000001", "0197a000-0000-7000-8000-000000000002"];

const outcomeOf = (answer: { changeId: string } & ({ reason: string } | { email: string; version: number })): string =>
  `${answer.changeId} ${"reason" in answer ? answer.reason : `${answer.email} v${answer.version}`}`;

/** Ada and Grace, who are there already. */
async function setup() {
  const uow = createInMemoryUnitOfWork();
  const deps = { uow, clock: { now: () => now } };
  const [createUser, changeUserEmail] = [createCreateUser(deps), createChangeUserEmail(deps)];
  const cancelChange = createCancelUserEmailChange(deps);
  const whose = { userId: adaId, etag: null, actor: null };
  let messages = 0;
  await createUser({ creationId: "a", userId: adaId, name: "Ada", email: "ada@example.com" }, "a");
  await createUser({ creationId: "g", userId: graceId, name: "Grace", email: "grace@example.com" }, "g");
  return {
    change: (command: { changeId: string; userId?: string; email?: string }, messageId = `new ${++messages}`) =>
      changeUserEmail({ userId: adaId, email: "free@example.com", ...command }, messageId),
    cancel: (changeId: string) => cancelChange({ changeId, userId: adaId }, `new ${++messages}`),
    suspend: () => createSuspendUser(deps)(whose),
    remove: () => createDeleteUser(deps)(whose),
    answers: () => uow.published().filter((event) => "changeId" in event),
    async ada() {
      const user = await uow.run(({ users }) => users.find(parseUserId(adaId)));
      return user ?? assert.fail("Ada is gone");
    },
  };
}
