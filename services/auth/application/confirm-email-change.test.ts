import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createTestEmailChanges, newEmail } from "../infrastructure/in-memory-email-changes.fixture.ts";
import { ipAddress, minuteMs } from "../infrastructure/in-memory-passwords.fixture.ts";

const invalid = { reason: "INVALID_PROOF" };

describe("confirming another address", () => {
  it("asks users-service for the change, and leaves the account as it is until that is answered", async () => {
    const { test, token } = await requested();
    const { id: changeId, state } = await test.confirm(token);
    assert.equal(state, "CHANGING");
    assert.deepEqual(test.uow.sent, [{ type: "change-user-email", changeId, userId: "ada", email: newEmail }]);
    assert.deepEqual(test.change(changeId).addresses, { from: "ada@example.com", to: newEmail });
    assert.deepEqual(await test.account(), test.ada);
    assert.equal(test.told("email_change_confirmed"), 1);
  });

  it("waits for the end when the caller does", async () => {
    const { test, token } = await requested();
    test.meanwhile.happens = (id) => test.answer(id);
    assert.equal((await test.confirm(token, 1_000)).state, "COMPLETED");
  });

  it("security 20: counts once, however many come at the same time, for 30 minutes", async () => {
    const { test, token } = await requested();
    const attempts = await Promise.allSettled(Array.from({ length: 5 }, () => test.confirm(token)));
    assert.equal(attempts.filter(({ status }) => status === "fulfilled").length, 1);
    assert.deepEqual([test.uow.sent.length, test.uow.emailChanges.size], [1, 1]);
    await assert.rejects(test.confirm(token), invalid);
    const late = await requested();
    late.test.time.ms += 30 * minuteMs;
    await assert.rejects(late.test.confirm(late.token), invalid);
  });

  it("security 12: takes no token of another kind, and its own is none of another", async () => {
    const { test, token } = await requested();
    await assert.rejects(test.verifyEmail({ token, ipAddress }), invalid);
    await test.sendEmailVerification({ userId: "ada", ipAddress });
    await assert.rejects(test.confirm(await test.mailedToken()), invalid);
    await assert.rejects(test.confirm("x"), invalid);
  });

  it("is refused to whoever was suspended or deleted meanwhile", async () => {
    for (const status of ["SUSPENDED", "DELETED"] as const) {
      const { test, token } = await requested();
      await test.become({ status });
      await assert.rejects(test.confirm(token), invalid);
    }
  });

  it("has to wait for the end of an earlier change, and the link still counts then", async () => {
    const test = await createTestEmailChanges();
    const first = await test.moved();
    await test.request({ newEmail: "another@example.com" });
    const token = test.linkTo("another@example.com");
    await assert.rejects(test.confirm(token), { reason: "EMAIL_CHANGE_IN_PROGRESS" });
    await test.refuse(first);
    assert.equal((await test.confirm(token)).state, "CHANGING");
  });

  it("frees the next guess at the new address, whose owner has just proven to be", async () => {
    const { test, token } = await requested();
    const guess = () => test.login({ email: newEmail, password: "wrong", device: { userAgent: "", ipAddress } });
    for (let n = 0; n < 5; n++) await assert.rejects(guess(), { reason: "INVALID_CREDENTIALS" });
    await assert.rejects(guess(), { reason: "THROTTLED" });
    await test.confirm(token);
    await assert.rejects(guess(), { reason: "INVALID_CREDENTIALS" });
  });
});

async function requested() {
  const test = await createTestEmailChanges();
  await test.request();
  return { test, token: test.linkTo(newEmail) };
}
