import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { project } from "../domain/account.ts";
import { snapshot } from "../infrastructure/in-memory-access.fixture.ts";
import {
  breachedPassword,
  createTestPasswords,
  ipAddress,
  newPassword,
  oldPassword,
} from "../infrastructure/in-memory-passwords.fixture.ts";

describe("change password", () => {
  it("security 6: needs the current password", async () => {
    const test = await createTestPasswords();
    const { sessionId } = await test.logIn();
    const change = test.changePassword({ ...ada, sessionId, currentPassword: "wrong horse battery", newPassword });
    await assert.rejects(change, { reason: "INVALID_CREDENTIALS" });
    await test.logIn(oldPassword);
    assert.deepEqual(test.uow.mails, []);
  });

  it("security 6, 19: ends the other sessions, keeps the one that asks, and tells the person", async () => {
    const test = await createTestPasswords();
    const [own, other] = [await test.logIn(), await test.logIn()];
    await test.changePassword({ ...ada, sessionId: own.sessionId, currentPassword: oldPassword, newPassword });
    assert.equal(test.uow.sessions.get(own.sessionId)?.revokeReason, null);
    assert.equal(test.uow.sessions.get(other.sessionId)?.revokeReason, "PASSWORD_CHANGED");
    await assert.rejects(test.logIn(oldPassword), { reason: "INVALID_CREDENTIALS" });
    await test.logIn(newPassword);
    assert.deepEqual(
      test.uow.mails.map(({ template, to, proofId }) => [template, to, proofId]),
      [["PASSWORD_CHANGED", "ada@example.com", null]],
    );
    assert.ok(test.audited.some(({ event }) => event === "password_changed"));
  });

  it("judges the new password by the policy, and says which field is at fault", async () => {
    const test = await createTestPasswords();
    const { sessionId } = await test.logIn();
    const change = test.changePassword({ ...ada, sessionId, currentPassword: oldPassword, newPassword: "short" });
    await assert.rejects(change, { reason: "PASSWORD_TOO_SHORT", field: "new_password" });
  });

  it("security 2: takes no password that a breach has shown to everybody", async () => {
    const test = await createTestPasswords();
    const { sessionId } = await test.logIn();
    const newPassword = breachedPassword;
    const change = test.changePassword({ ...ada, sessionId, currentPassword: oldPassword, newPassword });
    await assert.rejects(change, {
      reason: "PASSWORD_BREACHED",
      violations: [
        { field: "new_password", reason: "PASSWORD_BREACHED", message: "password is known from a data breach" },
      ],
    });
  });

  it("security 20: ends the link that was mailed", async () => {
    const test = await createTestPasswords();
    const { sessionId } = await test.logIn();
    await test.sendEmailVerification({ userId: "ada", ipAddress });
    const token = await test.mailedToken();
    await test.changePassword({ ...ada, sessionId, currentPassword: oldPassword, newPassword });
    await assert.rejects(test.verifyEmail({ token, ipAddress }), { reason: "INVALID_PROOF" });
  });

  it("security 19: changes nothing for somebody who was suspended while the password was being checked", async () => {
    const test = await createTestPasswords();
    const { sessionId } = await test.logIn();
    test.hasher.meanwhile = async () => {
      await test.save(project(test.ada, { ...snapshot("ada"), status: "SUSPENDED", version: 2 }, test.clock.now()));
    };
    const change = test.changePassword({ ...ada, sessionId, currentPassword: oldPassword, newPassword });
    await assert.rejects(change, { reason: "INVALID_CREDENTIALS" });
    assert.equal((await test.account()).passwordHash, test.ada.passwordHash);
  });

  it("security 9: slows down whoever guesses the current password", async () => {
    const test = await createTestPasswords();
    const { sessionId } = await test.logIn();
    const guess = () => test.changePassword({ ...ada, sessionId, currentPassword: "a guess of many", newPassword });
    for (let n = 0; n < 5; n++) await assert.rejects(guess(), { reason: "INVALID_CREDENTIALS" });
    await assert.rejects(guess(), { reason: "THROTTLED" });
  });
});

const ada = { userId: "ada", ipAddress };
