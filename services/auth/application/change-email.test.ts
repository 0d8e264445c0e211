import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { newAccount, withPassword } from "../domain/account.ts";
import type { Email } from "../domain/email.ts";
import { createTestEmailChanges, newEmail } from "../infrastructure/in-memory-email-changes.fixture.ts";
import { ipAddress, newPassword, oldPassword } from "../infrastructure/in-memory-passwords.fixture.ts";

const grace = "grace@example.com" as Email;

describe("asking for another address", () => {
  it("mails the link to the new address, tells the old one, and changes nothing", async () => {
    const test = await createTestEmailChanges();
    await test.request({ newEmail: " Countess@Example.com " });
    assert.deepEqual(test.mailed(), [`CHANGE_EMAIL ${newEmail}`, "EMAIL_CHANGE_REQUESTED ada@example.com"]);
    assert.deepEqual(await test.account(), test.ada);
    assert.deepEqual([test.uow.sent, test.uow.emailChanges.size], [[], 0]);
    assert.equal(test.told("email_change_requested"), 1);
  });

  it("needs the current password", async () => {
    const test = await createTestEmailChanges();
    await assert.rejects(test.request({ currentPassword: "wrong horse battery" }), { reason: "INVALID_CREDENTIALS" });
    assert.deepEqual(test.mailed(), []);
  });

  it("security 9: is slowed down like every other guess at the password", async () => {
    const test = await createTestEmailChanges();
    for (let n = 0; n < 5; n++) await assert.rejects(test.request({ currentPassword: "wrong horse battery" }));
    await assert.rejects(test.request(), { reason: "THROTTLED" });
  });

  it("security 9: mails only so many links to one address", async () => {
    const test = await createTestEmailChanges();
    for (let n = 0; n < 10; n++) await test.request();
    await assert.rejects(test.request(), { reason: "THROTTLED" });
    await test.request({ newEmail: "another@example.com" });
  });

  it("security 8: answers alike where somebody has the address, who is told and gets no link", async () => {
    const test = await createTestEmailChanges();
    const now = test.clock.now();
    const owner = newAccount({ userId: "grace", email: grace, status: "ACTIVE", version: 1 }, now);
    await test.save({ ...withPassword(owner, "v1:secret", now), locale: "es" });
    assert.equal(await test.request({ newEmail: grace }), undefined);
    assert.deepEqual(test.mailed(), [`EMAIL_IN_USE ${grace}`, "EMAIL_CHANGE_REQUESTED ada@example.com"]);
    const [toOwner] = test.uow.mails;
    assert.deepEqual([toOwner?.locale, toOwner?.userId, toOwner?.proofId], ["es", "grace", null]);
  });

  it("refuses the address that the account has, and what is none", async () => {
    const test = await createTestEmailChanges();
    await assert.rejects(test.request({ newEmail: "ADA@example.com" }), {
      reason: "EMAIL_UNCHANGED",
      field: "new_email",
    });
    await assert.rejects(test.request({ newEmail: "nobody" }), { reason: "INVALID_EMAIL", field: "new_email" });
  });

  it("security 19: is refused to whoever was suspended, or lost the password, while it was checked", async () => {
    for (const change of [{ status: "SUSPENDED" as const }, { credentialVersion: 9 }]) {
      const test = await createTestEmailChanges();
      test.hasher.meanwhile = () => test.become(change);
      await assert.rejects(test.request(), { reason: "INVALID_CREDENTIALS" });
      assert.deepEqual(test.mailed(), []);
    }
  });

  it("security 20: another password ends the link, and so does a newer link", async () => {
    const test = await createTestEmailChanges();
    await test.request();
    const first = test.linkTo(newEmail);
    await test.changePassword({ userId: "ada", sessionId: "s", currentPassword: oldPassword, newPassword, ipAddress });
    await assert.rejects(test.confirm(first), { reason: "INVALID_PROOF" });

    await test.request({ currentPassword: newPassword });
    const second = test.linkTo(newEmail);
    await test.request({ currentPassword: newPassword, newEmail: "another@example.com" });
    await assert.rejects(test.confirm(second), { reason: "INVALID_PROOF" });
    await test.confirm(test.linkTo("another@example.com"));
  });
});
