import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Email } from "../domain/email.ts";
import { device } from "../infrastructure/in-memory-access.fixture.ts";
import {
  answerScheduleMs,
  createTestEmailChanges,
  giveUpAfterMs,
  newEmail,
} from "../infrastructure/in-memory-email-changes.fixture.ts";
import { ipAddress, oldPassword } from "../infrastructure/in-memory-passwords.fixture.ts";

const other = "another@example.com" as Email;

describe("a change of an address that was made", () => {
  it("moves the login from the old address, which is told, to the new one, which is verified", async () => {
    const test = await createTestEmailChanges();
    const id = await test.moved();
    await test.answer(id);
    await assert.rejects(test.logIn(), { reason: "INVALID_CREDENTIALS" });
    await test.login({ email: newEmail, password: oldPassword, device });
    assert.equal((await test.account()).emailVerified, true);
    assert.deepEqual(test.mailed().at(-1), "EMAIL_CHANGED ada@example.com");
    assert.equal(test.told("email_changed"), 1);
    const { state, addresses, nextSendTime } = test.change(id);
    assert.deepEqual([state, addresses, nextSendTime], ["COMPLETED", null, null]);
  });

  it("ends the other sessions, and keeps the one that asked", async () => {
    const test = await createTestEmailChanges();
    const [mine, another] = [await test.logIn(), await test.logIn()];
    await test.answer(await test.moved(newEmail, mine.sessionId));
    const reasons = [mine, another].map(({ sessionId }) => test.uow.sessions.get(sessionId)?.revokeReason);
    assert.deepEqual(reasons, [null, "EMAIL_CHANGED"]);
    await test.refresh(mine.tokens.refreshToken);
  });

  it("security 19: gives no session to a login with the old address that was under way", async () => {
    const test = await createTestEmailChanges();
    const id = await test.moved();
    test.hasher.meanwhile = () => test.answer(id);
    await assert.rejects(test.logIn(), { reason: "INVALID_CREDENTIALS" });
  });

  it("security 20: ends whatever link was mailed", async () => {
    const test = await createTestEmailChanges();
    const id = await test.moved();
    await test.sendPasswordReset("ada@example.com", "m1");
    const token = await test.mailedToken();
    await test.answer(id);
    const reset = test.resetPassword({ token, newPassword: "a staple that fits nowhere", ipAddress });
    await assert.rejects(reset, { reason: "INVALID_PROOF" });
  });

  it("happens once, however often it is answered", async () => {
    const test = await createTestEmailChanges();
    const id = await test.moved();
    for (let n = 0; n < 3; n++) await test.answer(id);
    await test.refuse(id);
    assert.equal(test.change(id).state, "COMPLETED");
    assert.deepEqual([test.told("email_changed"), test.told("email_change_rejected")], [1, 0]);
    assert.equal(test.mailed().filter((mail) => mail.startsWith("EMAIL_CHANGED")).length, 1);
  });

  it("does not bring back an address that a newer version has replaced, nor proves that one", async () => {
    const test = await createTestEmailChanges();
    const id = await test.moved();
    await test.become({ email: other, userVersion: 7 });
    await test.answer(id);
    const { email, emailVerified } = await test.account();
    assert.deepEqual([email, emailVerified, test.change(id).state], [other, false, "COMPLETED"]);
  });

  it("is verified, too, when newer news had brought the address before", async () => {
    const test = await createTestEmailChanges();
    const id = await test.moved();
    await test.become({ email: newEmail, userVersion: 3 });
    await test.answer(id);
    assert.equal((await test.account()).emailVerified, true);
  });

  it("that nobody asked for here changes the account, which is unverified then", async () => {
    const test = await createTestEmailChanges();
    await test.become({ emailVerified: true });
    await test.answer("somebody else's");
    const { email, emailVerified } = await test.account();
    assert.deepEqual([email, emailVerified, test.mailed()], [newEmail, false, []]);
  });

  it("ends where the user has been deleted meanwhile, without a mail", async () => {
    const test = await createTestEmailChanges();
    const id = await test.moved();
    const before = test.mailed().length;
    await test.answer(id, newEmail, 3, "DELETED");
    assert.deepEqual([test.change(id).state, (await test.account()).status], ["COMPLETED", "DELETED"]);
    assert.equal(test.mailed().length, before);
  });

  it("of somebody else is not believed", async () => {
    const test = await createTestEmailChanges();
    const id = await test.moved();
    const user = { userId: "grace", email: newEmail, status: "ACTIVE" as const, version: 2 };
    await assert.rejects(test.settle.userEmailChanged(id, user, "m"), { reason: "USER_ID_MISMATCH" });
    await assert.rejects(test.settle.userEmailChangeRejected(id, "grace", "EMAIL_TAKEN", "m"), {
      reason: "USER_ID_MISMATCH",
    });
    assert.equal(test.change(id).state, "CHANGING");
  });
});

describe("a change of an address that was refused", () => {
  it("leaves the account as it is, and says so by mail", async () => {
    const test = await createTestEmailChanges();
    const id = await test.moved();
    const before = await test.account();
    await test.refuse(id);
    await test.refuse(id);
    assert.deepEqual(await test.account(), before);
    assert.deepEqual(
      [test.change(id).state, test.change(id).reason, test.change(id).addresses],
      ["REJECTED", "EMAIL_TAKEN", null],
    );
    assert.deepEqual(test.mailed().at(-1), "EMAIL_CHANGE_REJECTED ada@example.com");
    assert.equal(test.told("email_change_rejected"), 1);
    await test.logIn();
  });
});

describe("a change of an address without an answer", () => {
  it("is asked for again at each deadline, unless its command has not left yet", async () => {
    const test = await createTestEmailChanges();
    const id = await test.moved();
    assert.equal(await test.sweep(10), 0);
    test.time.ms += answerScheduleMs[0] ?? 0;
    assert.equal(await test.sweep(10), 1);
    assert.deepEqual([test.uow.sent.length, test.change(id).sends], [2, 2]);
    assert.deepEqual(test.uow.sent[1], test.uow.sent[0]);
    assert.equal(await test.sweep(10), 0);
    test.time.ms += 15_000;
    test.uow.waiting.add(id);
    assert.equal(await test.sweep(10), 1);
    assert.deepEqual([test.uow.sent.length, test.change(id).sends], [2, 2]);
  });

  it("is cancelled after a day, and that is asked for until it is answered", async () => {
    const test = await createTestEmailChanges();
    const changeId = await test.moved();
    test.time.ms += giveUpAfterMs + 1;
    for (let n = 0; n < 2; n++) {
      assert.equal(await test.sweep(10), 1);
      assert.deepEqual(test.uow.sent.at(-1), { type: "cancel-user-email-change", changeId, userId: "ada" });
      assert.equal(test.change(changeId).state, "COMPENSATING");
      test.time.ms += 15_000;
    }
    await test.refuse(changeId, "CANCELLED");
    assert.equal(test.change(changeId).state, "FAILED");
    assert.equal(await test.sweep(10), 0);
  });

  it("is completed, though it was being cancelled, when it had been made before", async () => {
    const test = await createTestEmailChanges();
    const id = await test.moved();
    test.time.ms += giveUpAfterMs + 1;
    await test.sweep(10);
    await test.answer(id);
    assert.equal(test.change(id).state, "COMPLETED");
  });
});
