import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { newAccount, project, withPassword } from "../domain/account.ts";
import { overloaded } from "../domain/errors.ts";
import { createTestAccess, device, snapshot } from "../infrastructure/in-memory-access.fixture.ts";

const password = "correct horse battery";
const ada = { email: "ada@example.com", password, device };
const refused = { kind: "unauthenticated", reason: "INVALID_CREDENTIALS", message: "email or password is wrong" };

describe("login", () => {
  it("opens a session of 30 days and hands out its tokens", async () => {
    const access = await createTestAccess();
    const { userId, sessionId, tokens } = await access.login({ ...ada, email: " ADA@Example.com" });
    assert.equal(userId, "ada");
    const session = access.uow.sessions.get(sessionId);
    assert.deepEqual([session?.userAgent, session?.ipAddress, session?.counter], ["test/1.0", "192.0.2.1", 1]);
    assert.equal(session?.expireTime.toISOString(), "2026-01-31T00:00:00.000Z");
    const claims = { userId, sessionId, roles: ["user"], emailVerified: false };
    assert.deepEqual(tokens, {
      accessToken: `${JSON.stringify(claims)}#1`,
      refreshToken: session && access.refreshTokens.mint(session),
      tokenType: "Bearer",
      expiresIn: 600,
    });
    assert.deepEqual(access.audited, [{ event: "login_succeeded", userId, sessionId, ipAddress: "192.0.2.1" }]);
  });

  it("security 19: opens a new session each time", async () => {
    const access = await createTestAccess();
    const [first, second] = [await access.login(ada), await access.login(ada)];
    assert.notEqual(first.sessionId, second.sessionId);
    assert.notEqual(first.tokens.refreshToken, second.tokens.refreshToken);
  });

  it("security 9: slows guesses down, evaluates none of those it refuses, and says when to come back", async () => {
    const access = await createTestAccess();
    for (const email of ["ada@example.com", "nobody@example.com", "no address"]) {
      const guess = () => access.login({ ...ada, email, password: "wrong horse battery" });
      for (let i = 0; i < 5; i++) await assert.rejects(guess(), refused);
      const before = access.hasher.verified.length;
      await assert.rejects(guess(), { kind: "resource-exhausted", reason: "THROTTLED", retryAfterMs: 1_000 });
      assert.equal(access.hasher.verified.length, before);
    }
    access.time.ms += 1_000;
    assert.equal((await access.login(ada)).userId, "ada");
  });

  it("refuses at once in an overload, before anything is counted", async () => {
    const access = await createTestAccess();
    const { admit } = access.hasher;
    access.hasher.admit = () => Promise.reject(overloaded(1_500));
    for (let i = 0; i < 10; i++) await assert.rejects(access.login(ada), { reason: "OVERLOADED", retryAfterMs: 1_500 });
    access.hasher.admit = admit;
    await access.login(ada);
  });

  it("fails once when accounts cannot be read, whether or not the guess is refused meanwhile", async () => {
    const access = await createTestAccess();
    for (let i = 0; i < 5; i++)
      await assert.rejects(access.login({ ...ada, password: "wrong horse battery" }), refused);
    access.uow.accounts.findByEmail = () => Promise.reject(new Error("away"));
    await assert.rejects(access.login(ada), /away|THROTTLED/);
    access.time.ms += 1_000;
    await assert.rejects(access.login(ada), /away/);
    assert.equal(access.hasher.verified.length, 5);
  });

  it("security 9: keeps nobody out for guesses at an account that could not be read", async () => {
    const access = await createTestAccess();
    const { findByEmail } = access.uow.accounts;
    access.uow.accounts.findByEmail = () => Promise.reject(new Error("away"));
    for (let i = 0; i < 30; i++) {
      await assert.rejects(access.login(ada), /away/);
      // The guess is taken back behind the answer.
      await new Promise((resolve) => setImmediate(resolve));
    }
    access.uow.accounts.findByEmail = findByEmail;
    assert.equal((await access.login(ada)).userId, "ada");
  });

  it("security 3: takes the password in its decomposed form", async () => {
    const access = await createTestAccess();
    await access.save(withPassword(access.ada, "v1:café crème brûlée", access.clock.now()));
    await access.login({ ...ada, password: "cafe\u0301 cre\u0300me bru\u0302le\u0301e" });
  });

  it("security 7: unknown, malformed, wrong, suspended, deleted and invited are one answer at one cost", async () => {
    const access = await createTestAccess();
    const now = access.clock.now();
    for (const [id, status] of [
      ["sus", "SUSPENDED"],
      ["del", "DELETED"],
    ] as const) {
      await access.save(withPassword(newAccount({ ...snapshot(id), status }, now), `v1:${password}`, now));
    }
    await access.save(newAccount(snapshot("inv"), now));
    for (const command of [
      { ...ada, email: "nobody@example.com" },
      { ...ada, email: "no address" },
      { ...ada, password: "wrong horse battery" },
      { ...ada, email: "sus@example.com" },
      { ...ada, email: "del@example.com" },
      { ...ada, email: "inv@example.com" },
    ]) {
      const before = access.hasher.verified.length;
      await assert.rejects(access.login(command), refused, command.email);
      assert.equal(access.hasher.verified.length, before + 1, command.email);
      const decoy = command.email !== ada.email;
      assert.equal(access.hasher.verified.at(-1) === null, decoy, command.email);
    }
    assert.equal(access.uow.sessions.size, 0);
    assert.equal(access.audited.filter(({ event }) => event === "login_failed").length, 6);
  });

  it("security 19: no session when the account was suspended while the password was being checked", async () => {
    const access = await createTestAccess();
    access.hasher.meanwhile = () =>
      access.save(project(access.ada, { ...snapshot("ada"), status: "SUSPENDED", version: 2 }, access.clock.now()));
    await assert.rejects(access.login(ada), refused);
    assert.equal(access.uow.sessions.size, 0);
  });

  it("security 19: no session when the password was changed while the old one was being checked", async () => {
    const access = await createTestAccess();
    access.hasher.meanwhile = () => access.save(withPassword(access.ada, "v1:another password", access.clock.now()));
    await assert.rejects(access.login(ada), refused);
    assert.equal(access.uow.sessions.size, 0);
  });

  it("security 4: hashes again when the parameters have changed", async () => {
    const access = await createTestAccess();
    access.hasher.version = "v2";
    await access.login(ada);
    const account = await access.uow.accounts.find("ada");
    assert.deepEqual([account?.passwordHash, account?.credentialVersion], [`v2:${password}`, 2]);
  });

  it("security 4: does not bring an old password back while it hashes again", async () => {
    const access = await createTestAccess();
    access.hasher.version = "v2";
    access.hasher.meanwhile = () => access.save(withPassword(access.ada, "v2:another password", access.clock.now()));
    await assert.rejects(access.login(ada), refused);
    assert.equal((await access.uow.accounts.find("ada"))?.passwordHash, "v2:another password");
  });

  it("lets somebody in though there is no time to hash again", async () => {
    const access = await createTestAccess();
    access.hasher.version = "v2";
    access.hasher.hash = async () => Promise.reject(overloaded(1_000));
    await access.login(ada);
    assert.equal((await access.uow.accounts.find("ada"))?.passwordHash, `v1:${password}`);
  });

  it("says that it is overloaded", async () => {
    const access = await createTestAccess();
    access.hasher.meanwhile = async () => Promise.reject(overloaded(1_000));
    await assert.rejects(access.login(ada), { reason: "OVERLOADED" });
  });
});
