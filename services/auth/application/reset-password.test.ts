import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { newAccount, project } from "../domain/account.ts";
import { snapshot } from "../infrastructure/in-memory-access.fixture.ts";
import {
  createTestPasswords,
  ipAddress,
  minuteMs,
  newPassword,
  oldPassword,
} from "../infrastructure/in-memory-passwords.fixture.ts";

const invalid = { reason: "INVALID_PROOF", field: "token" };

describe("forgot password", () => {
  it("security 8: does the same for an address that nobody has", async () => {
    const test = await createTestPasswords();
    const effects = async (email: string) => {
      const [lookups, sent, mails] = [test.hasher.verified.length, test.uow.sent.length, test.uow.mails.length];
      await test.forgotPassword({ email, ipAddress });
      return [
        test.hasher.verified.length - lookups,
        test.uow.sent.slice(sent).map(({ type }) => type),
        test.uow.mails.length - mails,
      ];
    };
    assert.deepEqual(await effects("ada@example.com"), [0, ["send-password-reset"], 0]);
    assert.deepEqual(await effects("nobody@example.com"), [0, ["send-password-reset"], 0]);
  });

  it("mails a link to the one who has the address, and to nobody else", async () => {
    const test = await createTestPasswords();
    await test.forgotPassword({ email: "nobody@example.com", ipAddress });
    await test.forgotPassword({ email: " ADA@example.com", ipAddress });
    await test.work();
    assert.deepEqual(
      test.uow.mails.map(({ template, to }) => [template, to]),
      [["RESET", "ada@example.com"]],
    );
  });

  it("mails nothing twice for one request", async () => {
    const test = await createTestPasswords();
    await test.sendPasswordReset("ada@example.com", "m1");
    await test.sendPasswordReset("ada@example.com", "m1");
    assert.equal(test.uow.mails.length, 1);
  });

  it("mails nothing to the suspended", async () => {
    const test = await createTestPasswords();
    await test.save(project(test.ada, { ...snapshot("ada"), status: "SUSPENDED", version: 2 }, test.clock.now()));
    await test.sendPasswordReset("ada@example.com", "m1");
    assert.deepEqual(test.uow.mails, []);
  });

  it("invites again whoever has not set a password yet", async () => {
    const test = await createTestPasswords();
    await test.save(newAccount(snapshot("grace"), test.clock.now()));
    await test.sendPasswordReset("grace@example.com", "m1");
    assert.equal(test.uow.mails[0]?.template, "INVITATION");
    await test.resetPassword({ token: await test.mailedToken(), newPassword, ipAddress });
    const account = await test.uow.accounts.find("grace");
    assert.deepEqual([account?.passwordHash, account?.emailVerified], [`v1:${newPassword}`, true]);
  });
});

describe("reset password", () => {
  it("security 22: sets the password, logs nobody in, ends every session and tells the person", async () => {
    const { test, token } = await forgotten();
    const [one, two] = [await test.logIn(), await test.logIn()];
    await test.resetPassword({ token, newPassword, ipAddress });
    assert.deepEqual(
      [...test.uow.sessions.values()].map(({ id, revokeReason }) => [id, revokeReason]),
      [one, two].map(({ sessionId }) => [sessionId, "PASSWORD_CHANGED"]),
    );
    assert.equal(test.uow.mails.at(-1)?.template, "PASSWORD_CHANGED");
    assert.ok(test.audited.some(({ event }) => event === "password_reset"));
    await assert.rejects(test.logIn(oldPassword), { reason: "INVALID_CREDENTIALS" });
    await test.logIn(newPassword);
  });

  it("verifies the address, for the link was read there", async () => {
    const { test, token } = await forgotten();
    await test.resetPassword({ token, newPassword, ipAddress });
    assert.equal((await test.account()).emailVerified, true);
  });

  it("security 20: works once", async () => {
    const { test, token } = await forgotten();
    const reset = () => test.resetPassword({ token, newPassword, ipAddress });
    const outcomes = await Promise.allSettled([reset(), reset(), reset()]);
    assert.deepEqual(outcomes.map(({ status }) => status).toSorted(), ["fulfilled", "rejected", "rejected"]);
    await assert.rejects(reset(), invalid);
  });

  it("security 20: works for 30 minutes", async () => {
    const { test, token } = await forgotten();
    test.time.ms += 30 * minuteMs;
    await assert.rejects(test.resetPassword({ token, newPassword, ipAddress }), invalid);
  });

  it("security 20: a newer link ends the older one", async () => {
    const { test, token } = await forgotten();
    await test.sendPasswordReset("ada@example.com", "another");
    await assert.rejects(test.resetPassword({ token, newPassword, ipAddress }), invalid);
    await test.resetPassword({ token: await test.mailedToken(), newPassword, ipAddress });
  });

  it("security 20: the address to which it was mailed must still be the account's", async () => {
    const { test, token } = await forgotten();
    await test.save({ ...test.ada, email: "countess@example.com" as typeof test.ada.email });
    await assert.rejects(test.resetPassword({ token, newPassword, ipAddress }), invalid);
  });

  it("does nothing for the suspended", async () => {
    const { test, token } = await forgotten();
    await test.save(project(test.ada, { ...snapshot("ada"), status: "SUSPENDED", version: 2 }, test.clock.now()));
    await assert.rejects(test.resetPassword({ token, newPassword, ipAddress }), invalid);
  });

  it("leaves the link as it is when the password will not do", async () => {
    const { test, token } = await forgotten();
    const weak = test.resetPassword({ token, newPassword: "passwordpassword", ipAddress });
    await assert.rejects(weak, { reason: "PASSWORD_TOO_COMMON", field: "new_password" });
    await test.resetPassword({ token, newPassword, ipAddress });
  });

  it("security 12: refuses tokens of another class", async () => {
    const { test } = await forgotten();
    const { tokens } = await test.logIn();
    await test.sendEmailVerification({ userId: "ada", ipAddress });
    for (const token of [tokens.accessToken, tokens.refreshToken, await test.mailedToken(), "garbage"]) {
      await assert.rejects(test.resetPassword({ token, newPassword, ipAddress }), invalid);
    }
  });
});

/** Ada has asked for a link and got it. */
async function forgotten() {
  const test = await createTestPasswords();
  await test.forgotPassword({ email: "ada@example.com", ipAddress });
  await test.work();
  return { test, token: await test.mailedToken() };
}
