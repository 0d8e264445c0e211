import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createTestPasswords, ipAddress, minuteMs } from "../infrastructure/in-memory-passwords.fixture.ts";

const invalid = { reason: "INVALID_PROOF" };

describe("verify e-mail", () => {
  it("proves the address, and the next access token says so", async () => {
    const { test, token } = await mailed();
    const before = await test.logIn();
    assert.match(before.tokens.accessToken, /"emailVerified":false/);
    await test.verifyEmail({ token, ipAddress });
    const after = await test.refresh(before.tokens.refreshToken);
    assert.match(after.accessToken, /"emailVerified":true/);
    assert.ok(test.audited.some(({ event }) => event === "email_verified"));
  });

  it("security 20: works once, for 30 minutes, until a newer link is mailed", async () => {
    const { test, token } = await mailed();
    await test.sendEmailVerification({ userId: "ada", ipAddress });
    await assert.rejects(test.verifyEmail({ token, ipAddress }), invalid);
    const newer = await test.mailedToken();
    await test.verifyEmail({ token: newer, ipAddress });
    await assert.rejects(test.verifyEmail({ token: newer, ipAddress }), invalid);
    const late = await mailed();
    late.test.time.ms += 30 * minuteMs;
    await assert.rejects(late.test.verifyEmail({ token: late.token, ipAddress }), invalid);
  });

  it("security 20: proves the address to which the link was mailed and no other", async () => {
    const { test, token } = await mailed();
    await test.save({ ...test.ada, email: "countess@example.com" as typeof test.ada.email });
    await assert.rejects(test.verifyEmail({ token, ipAddress }), invalid);
  });

  it("security 12: refuses the token of a reset", async () => {
    const { test } = await mailed();
    await test.sendPasswordReset("ada@example.com", "m1");
    await assert.rejects(test.verifyEmail({ token: await test.mailedToken(), ipAddress }), invalid);
  });

  it("mails nothing to an address that is proven", async () => {
    const { test, token } = await mailed();
    await test.verifyEmail({ token, ipAddress });
    await test.sendEmailVerification({ userId: "ada", ipAddress });
    assert.equal(test.uow.mails.length, 1);
  });

  it("security 9: mails only so many links", async () => {
    const { test } = await mailed();
    for (let n = 1; n < 10; n++) await test.sendEmailVerification({ userId: "ada", ipAddress });
    await assert.rejects(test.sendEmailVerification({ userId: "ada", ipAddress }), { reason: "THROTTLED" });
  });
});

/** Ada has asked for a link and got it. */
async function mailed() {
  const test = await createTestPasswords();
  await test.sendEmailVerification({ userId: "ada", ipAddress });
  return { test, token: await test.mailedToken() };
}
