import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { openTestCredentials, type TestCredentials } from "./credentials.fixture.ts";
import type { Email } from "./domain/email.ts";

describe("credentials", () => {
  let test: TestCredentials;
  before(async () => {
    test = await openTestCredentials();
  });
  after(() => test.close());

  it("an access token of a login is verified here, with its roles", async () => {
    const { login, userId } = await test.somebody();
    const { sessionId, tokens } = await login();
    const token = await test.credentials.verifier.verify(tokens.accessToken);
    assert.deepEqual([token.userId, token.sessionId, token.roles], [userId, sessionId, ["user"]]);
    assert.ok(Math.abs(token.expireTime.getTime() - Date.now() - 600_000) < 5_000);
  });

  it("security 12: a refresh token is no access token", async () => {
    const { tokens } = await (await test.somebody()).login();
    await assert.rejects(test.credentials.verifier.verify(tokens.refreshToken), { reason: "INVALID_TOKEN" });
  });

  it("security 14: a revocation is known within a second", async () => {
    const { login, userId } = await test.somebody();
    const { sessionId, tokens } = await login();
    await test.uow.run(({ sessions }) => sessions.revoke(sessionId, userId, "LOGOUT", new Date()));
    const begin = Date.now();
    const isRefused = () =>
      test.credentials.verifier.verify(tokens.accessToken).then(
        () => false,
        () => true,
      );
    while (!(await isRefused())) {
      assert.ok(Date.now() - begin < 1_000, "still accepted after a second");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await assert.rejects(test.credentials.verifier.verify(tokens.accessToken), { reason: "INVALID_TOKEN" });
  });

  it("security 1: refuses a short password with the configured minimum", async () => {
    const judge = (password: string) => test.credentials.policy(password, "ada@example.com" as Email, "password");
    await assert.rejects(judge("too short"), { reason: "PASSWORD_TOO_SHORT" });
    await assert.rejects(judge("passwordpassword"), { reason: "PASSWORD_TOO_COMMON" });
  });

  it("security 2: does not start without the list of breached passwords that it was told of", async () => {
    const list = { breachedPasswords: "/nowhere/pwned.txt" };
    await assert.rejects(openTestCredentials(list), { message: "BREACHED_PASSWORDS cannot be used" });
  });

  it("security 13: publishes its keys as a JWK set, without their private halves", async () => {
    const route = test.credentials.plainRoutes["/.well-known/jwks.json"];
    assert.ok(route);
    const { status, headers, body } = await route();
    assert.deepEqual([status, headers["cache-control"]], [200, "public, max-age=60"]);
    const { keys } = JSON.parse(body);
    assert.equal(keys.length, 2);
    for (const key of keys) {
      assert.deepEqual(Object.keys(key).sort(), ["alg", "crv", "kid", "kty", "use", "x"]);
    }
  });
});
