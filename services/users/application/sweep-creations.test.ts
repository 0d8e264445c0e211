import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createInMemoryUnitOfWork } from "../infrastructure/in-memory-unit-of-work.ts";
import { createCreateUser } from "./create-user.ts";
import { createCreateUsers } from "./create-users.ts";
import { createRequestUserCreation } from "./request-user-creation.ts";
import { createSweepCreations } from "./sweep-creations.ts";

describe("sweep creations", () => {
  it("asks again by the schedule, whose last delay goes on", async () => {
    const { request, sweep, uow, atSecond } = setup();
    await request("ada@example.com");
    const asked: number[] = [];
    for (const second of [1, 4, 5, 10, 19, 20, 79, 80, 139, 140]) {
      await uow.sendAll();
      atSecond(second);
      const before = uow.requested().length;
      await sweep(10);
      if (uow.requested().length > before) asked.push(second);
    }
    assert.deepEqual(asked, [5, 20, 80, 140]);
    const [first, ...others] = uow.requested();
    for (const other of others) assert.deepEqual(other, first);
  });

  it("does not ask again for what has not been sent yet, and looks again in time", async () => {
    const { request, sweep, uow, atSecond } = setup();
    await request("ada@example.com");
    atSecond(5);
    assert.equal(await sweep(10), 1);
    assert.equal(uow.requested().length, 1);
    await uow.sendAll();
    atSecond(10);
    await sweep(10);
    assert.equal(uow.requested().length, 2);
  });

  it("takes up no more than it may, the earliest first", async () => {
    const { request, sweep, uow, atSecond } = setup();
    for (const [second, name] of ["a", "b", "c"].entries()) {
      atSecond(second);
      await request(`${name}@example.com`);
    }
    await uow.sendAll();
    atSecond(60);
    assert.equal(await sweep(2), 2);
    assert.deepEqual(
      uow
        .requested()
        .slice(3)
        .map(({ email }) => email),
      ["a@example.com", "b@example.com"],
    );
    assert.equal(await sweep(2), 1);
    assert.equal(await sweep(2), 0);
  });

  for (const how of ["alone", "together"] as const) {
    it(`forgets what was asked for when it is decided, ${how}`, async () => {
      const { request, sweep, uow, atSecond, clock } = setup();
      await request("ada@example.com");
      await request("ada@example.com");
      await uow.sendAll();
      for (const [index, command] of uow.requested().entries()) {
        const messageId = `m${index}`;
        if (how === "alone") await createCreateUser({ uow, clock })(command, messageId);
        else await createCreateUsers({ uow, clock })([{ command, messageId, traceparent: "" }]);
      }
      atSecond(60);
      assert.equal(await sweep(10), 0);
      assert.deepEqual(
        uow.published().map(({ type }) => type),
        ["user-created", "user-creation-rejected"],
      );
    });
  }
});

function setup() {
  const uow = createInMemoryUnitOfWork();
  let second = 0;
  let ids = 0;
  const clock = { now: () => new Date(second * 1_000) };
  const answerSchedule = [5_000, 15_000, 60_000];
  const requestUserCreation = createRequestUserCreation({
    uow,
    clock,
    answerSchedule,
    ids: { next: () => `id${++ids}` },
    decisions: { waitFor: () => assert.fail("nobody asked to wait") },
  });
  return {
    uow,
    clock,
    request: (email: string) => requestUserCreation({ name: "Ada", email, wait: null }),
    sweep: createSweepCreations({ uow, clock, answerSchedule }),
    atSecond(value: number) {
      second = value;
    },
  };
}
