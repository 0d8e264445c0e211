import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { project } from "../domain/account.ts";
import { createTestAccess, dayMs, device, secondMs, snapshot } from "../infrastructure/in-memory-access.fixture.ts";

const refused = { kind: "unauthenticated", reason: "INVALID_REFRESH_TOKEN" };

describe("refresh", () => {
  it("gives the next tokens, again and again", async () => {
    const { refresh, token } = await loggedIn();
    const second = await refresh(token);
    const third = await refresh(second.refreshToken);
    assert.equal(new Set([token, second.refreshToken, third.refreshToken]).size, 3);
    assert.deepEqual([third.tokenType, third.expiresIn], ["Bearer", 600]);
  });

  it("tells the roles of today", async () => {
    const { refresh, token, save, ada } = await loggedIn();
    await save({ ...ada, roles: ["user", "admin"] });
    assert.match((await refresh(token)).accessToken, /"roles":\["user","admin"\]/);
  });

  it("security 15: of 20 at once, all leave with the same successor", async () => {
    const { refresh, token } = await loggedIn();
    const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(token)));
    assert.equal(new Set(answers.map(({ refreshToken }) => refreshToken)).size, 1);
    assert.equal(new Set(answers.map(({ accessToken }) => accessToken)).size, 20);
    await refresh(answers[0]?.refreshToken ?? "");
  });

  it("security 17: gives the same current token again after a lost response", async () => {
    const { refresh, token, time } = await loggedIn();
    const { refreshToken } = await refresh(token);
    time.ms += 30 * secondMs;
    assert.equal((await refresh(token)).refreshToken, refreshToken);
    await refresh(refreshToken);
  });

  it("security 16: the predecessor after the grace ends the session, tells of it once, and helps nobody", async () => {
    const { refresh, token, time, uow, audited, sessionId } = await loggedIn();
    const { refreshToken } = await refresh(token);
    time.ms += 30 * secondMs + 1;
    await assert.rejects(refresh(token), refused);
    await assert.rejects(refresh(token), refused);
    await assert.rejects(refresh(refreshToken), refused);
    assert.equal(uow.sessions.get(sessionId)?.revokeReason, "REFRESH_REUSED");
    assert.deepEqual(uow.sent, [
      { type: "refresh-token-reused", sessionId, userId: "ada", occurTime: new Date(time.ms) },
    ]);
    assert.equal(audited.filter(({ event }) => event === "refresh_token_reused").length, 1);
  });

  it("security 16: anything older than the predecessor ends the session at once (victim first)", async () => {
    const { refresh, token: stolen } = await loggedIn();
    const victim = await refresh((await refresh(stolen)).refreshToken);
    await assert.rejects(refresh(stolen), refused);
    await assert.rejects(refresh(victim.refreshToken), refused);
  });

  it("security 16: tells of it once, however many use the old token at the same time", async () => {
    const { refresh, token, uow } = await loggedIn();
    await refresh((await refresh(token)).refreshToken);
    const reuses = await Promise.allSettled(Array.from({ length: 5 }, () => refresh(token)));
    assert.equal(reuses.filter(({ status }) => status === "rejected").length, 5);
    assert.equal(uow.sent.length, 1);
  });

  it("security 16: attacker first", async () => {
    const { refresh, token } = await loggedIn();
    const attacker = await refresh((await refresh(token)).refreshToken);
    await assert.rejects(refresh(token), refused, "the victim, with what they have");
    await assert.rejects(refresh(attacker.refreshToken), refused);
  });

  it("security 17: never after logout, within the grace or not, and logout raises no alarm", async () => {
    const { refresh, token, logout, uow, sessionId } = await loggedIn();
    const { refreshToken } = await refresh(token);
    await logout({ userId: "ada", sessionId });
    await assert.rejects(refresh(token), refused);
    await assert.rejects(refresh(refreshToken), refused);
    assert.deepEqual([uow.sent, uow.sessions.get(sessionId)?.revokeReason], [[], "LOGOUT"]);
  });

  it("security 18: ends after seven days without use", async () => {
    const { refresh, token, time } = await loggedIn();
    time.ms += 7 * dayMs - 1;
    const { refreshToken } = await refresh(token);
    time.ms += 7 * dayMs;
    await assert.rejects(refresh(refreshToken), refused);
  });

  it("security 18: ends after thirty days, however often it is used", async () => {
    const { refresh, token, time } = await loggedIn();
    let current = token;
    for (let day = 0; day < 29; day++) {
      time.ms += dayMs;
      current = (await refresh(current)).refreshToken;
    }
    time.ms += dayMs;
    await assert.rejects(refresh(current), refused);
  });

  it("security 19: ends for whoever may not come in any more", async () => {
    const { refresh, token, save, ada, clock } = await loggedIn();
    await save(project(ada, { ...snapshot("ada"), status: "SUSPENDED", version: 2 }, clock.now()));
    await assert.rejects(refresh(token), refused);
  });

  it("a forged token, or one from the future, gets nothing and ends nothing", async () => {
    const { refresh, token, uow, sessionId, refreshTokens } = await loggedIn();
    const session = uow.sessions.get(sessionId);
    assert.ok(session);
    const otherSalt = { ...session, salt: refreshTokens.newSalt() };
    for (const forged of [
      refreshTokens.mint({ ...otherSalt, counter: 0 }),
      refreshTokens.mint(otherSalt),
      refreshTokens.mint({ ...session, counter: 99 }),
      refreshTokens.mint({ ...session, id: "00000000-0000-7000-8000-ffffffffffff" }),
      "garbage",
    ]) {
      await assert.rejects(refresh(forged), refused);
    }
    await refresh(token);
  });
});

async function loggedIn() {
  const access = await createTestAccess();
  const { sessionId, tokens } = await access.login({
    email: "ada@example.com",
    password: "correct horse battery",
    device,
  });
  return { ...access, sessionId, token: tokens.refreshToken };
}
