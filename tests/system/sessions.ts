import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { eventually, somebody } from "../support/client.ts";
import type { System } from "./system.ts";

const login = "/api/v1/auth/login";
const refresh = "/api/v1/auth/refresh";
const validate = "/api/v1/auth/validate-token";

export function sessionsSuite(system: () => System): void {
  describe("sessions and tokens", () => {
    it("logs in with the right password", async () => {
      const { client } = system();
      const { userId, email, password } = await client.register();
      const { status, body } = await client("POST", login, { body: { email, password } });
      assert.deepEqual([status, body.userId], [200, userId]);
      assert.ok(body.sessionId && body.tokens.refreshToken);
    });

    it("gives the same answer for a wrong password and for nobody", async () => {
      const { client } = system();
      const { email, password } = await client.register();
      const wrong = await client("POST", login, { body: { email, password: `${password}!` } });
      const nobody = await client("POST", login, { body: { email: somebody().email, password } });
      const strip = ({ requestId: _, ...rest }: Record<string, unknown>) => rest;
      assert.deepEqual([wrong.status, wrong.body.reason], [401, "INVALID_CREDENTIALS"]);
      assert.equal(nobody.status, 401);
      assert.deepEqual(strip(nobody.body), strip(wrong.body));
    });

    it("security 12: validates an access token, and says of everything else only that it does not count", async () => {
      const { client } = system();
      const { userId, tokens } = await client.register();
      const { status, body } = await client("POST", validate, { body: { accessToken: tokens.accessToken } });
      assert.deepEqual([status, body.active, body.userId, body.roles], [200, true, userId, ["user"]]);
      assert.ok(new Date(body.expireTime).getTime() > Date.now());
      const [header, payload, signature] = tokens.accessToken.split(".");
      const foreign = [header, payload, `${signature}`.replace(/^./, (c: string) => (c === "A" ? "B" : "A"))].join(".");
      const none = `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString("base64url")}.${payload}.`;
      for (const accessToken of ["garbage", foreign, none, tokens.refreshToken]) {
        const answer = await client("POST", validate, { body: { accessToken } });
        assert.deepEqual([answer.status, answer.body.active, answer.body.userId], [200, false, ""]);
      }
    });

    it("rotates the refresh token; twenty at once get one successor", async () => {
      const { client } = system();
      const { tokens } = await client.register();
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => client("POST", refresh, { body: { refreshToken: tokens.refreshToken } })),
      );
      assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
      const successors = new Set(answers.map(({ body }) => body.tokens.refreshToken));
      assert.equal(successors.size, 1);
      assert.equal(successors.has(tokens.refreshToken), false);
    });

    it("takes the reuse of an old refresh token for theft, and ends the session", async () => {
      const { client } = system();
      const { tokens } = await client.register();
      const second = await client("POST", refresh, { body: { refreshToken: tokens.refreshToken } });
      const third = await client("POST", refresh, { body: { refreshToken: second.body.tokens.refreshToken } });
      assert.equal(third.status, 200);
      const stolen = await client("POST", refresh, { body: { refreshToken: tokens.refreshToken } });
      assert.deepEqual([stolen.status, stolen.body.reason], [401, "INVALID_REFRESH_TOKEN"]);
      const victim = await client("POST", refresh, { body: { refreshToken: third.body.tokens.refreshToken } });
      assert.equal(victim.status, 401);
    });

    it("security 14, 19: ends a session at logout, for every service within a second", async () => {
      const { client } = system();
      const { tokens } = await client.register();
      const { accessToken, refreshToken } = tokens;
      assert.equal((await client("POST", "/api/v1/auth/logout", { token: accessToken })).status, 200);
      assert.equal((await client("POST", refresh, { body: { refreshToken } })).status, 401);
      await eventually(
        () => client("POST", validate, { body: { accessToken } }),
        ({ body }) => body.active === false,
      );
      await eventually(
        () => client("GET", "/api/v1/users/me", { token: accessToken }),
        ({ status }) => status === 401,
      );
    });

    it("lists a person's sessions and ends one of them", async () => {
      const { client } = system();
      const person = await client.register();
      const other = await client.login(person);
      const token = person.tokens.accessToken;
      const before = await client("GET", "/api/v1/auth/sessions", { token });
      assert.equal(before.status, 200);
      assert.deepEqual(
        before.body.sessions.map((session: { id: string; current: boolean }) => [
          session.id === other.sessionId,
          session.current,
        ]),
        [
          [true, false],
          [false, true],
        ],
      );
      const ended = await client("DELETE", `/api/v1/auth/sessions/${other.sessionId}`, { token });
      assert.equal(ended.status, 200);
      assert.equal((await client("POST", refresh, { body: { refreshToken: other.refreshToken } })).status, 401);
      const after = await client("GET", "/api/v1/auth/sessions", { token });
      assert.equal(after.body.sessions.length, 1);
    });

    it("does not end somebody else's session", async () => {
      const { client } = system();
      const [ada, grace] = [await client.register(), await client.register()];
      const { sessionId } = await client.login(ada);
      const answer = await client("DELETE", `/api/v1/auth/sessions/${sessionId}`, { token: grace.tokens.accessToken });
      assert.deepEqual([answer.status, answer.body.reason], [404, "SESSION_NOT_FOUND"]);
    });

    it("publishes the keys that its tokens are signed with", async () => {
      const { client } = system();
      const { tokens } = await client.register();
      const { status, headers, body } = await client("GET", "/.well-known/jwks.json");
      assert.equal(status, 200);
      assert.match(headers.get("cache-control") ?? "", /max-age=\d+/);
      const { kid } = JSON.parse(Buffer.from(tokens.accessToken.split(".")[0] ?? "", "base64url").toString());
      const key = body.keys.find((candidate: { kid: string }) => candidate.kid === kid);
      assert.deepEqual([key.kty, key.crv, key.alg, key.use, key.d], ["OKP", "Ed25519", "EdDSA", "sig", undefined]);
    });
  });
}
