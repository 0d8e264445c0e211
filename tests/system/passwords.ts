import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { describe, it } from "node:test";
import { claimsOf, eventually, somebody } from "../support/client.ts";
import { mailedToken, mailTo } from "../support/mails.ts";
import type { System } from "./system.ts";

const auth = (path: string) => `/api/v1/auth/${path}`;
const newPassword = "a staple that fits nowhere";

export function passwordsSuite(system: () => System): void {
  describe("passwords and mailed links", () => {
    it("proves an address by the link that a new person gets, once", async () => {
      const { client } = system();
      const { email, tokens } = await client.register();
      assert.equal(claimsOf(tokens.accessToken).email_verified, false);
      const token = await mailedToken(system(), email, /verify/i);
      assert.equal((await client("POST", auth("email/verify"), { body: { token } })).status, 200);
      const { body } = await client("POST", auth("refresh"), { body: { refreshToken: tokens.refreshToken } });
      assert.equal(claimsOf(body.tokens.accessToken).email_verified, true);
      const again = await client("POST", auth("email/verify"), { body: { token } });
      assert.deepEqual([again.status, again.body.reason], [400, "INVALID_PROOF"]);
    });

    it("security 20: mails a new link when asked to, which ends the one before", async () => {
      const { client } = system();
      const { email, tokens } = await client.register();
      const first = await mailedToken(system(), email, /verify/i);
      const answer = await client("POST", auth("email/send-verification"), { token: tokens.accessToken });
      assert.deepEqual([answer.status, answer.body], [200, {}]);
      const second = await mailedToken(system(), email, /verify/i, first);
      assert.equal((await client("POST", auth("email/verify"), { body: { token: first } })).status, 400);
      assert.equal((await client("POST", auth("email/verify"), { body: { token: second } })).status, 200);
    });

    it("security 8: answers alike for an address that nobody has", async () => {
      const { client } = system();
      const { email } = await client.register();
      const known = await client("POST", auth("password/forgot"), { body: { email } });
      const unknown = await client("POST", auth("password/forgot"), { body: { email: somebody().email } });
      assert.deepEqual([known.status, known.body], [200, {}]);
      assert.deepEqual([unknown.status, unknown.body], [known.status, known.body]);
      const names = ({ headers }: typeof known) => [...headers.keys()].toSorted();
      assert.deepEqual(names(unknown), names(known));
    });

    it("security 19, 22: a reset ends every session, opens none, and is told by mail", async () => {
      const { client } = system();
      const person = await client.register();
      const { email, password, tokens } = person;
      await client("POST", auth("password/forgot"), { body: { email } });
      const token = await mailedToken(system(), email, /reset/i);
      const answer = await client("POST", auth("password/reset"), { body: { token, newPassword } });
      assert.deepEqual([answer.status, answer.body], [200, {}]);
      const refreshed = await client("POST", auth("refresh"), { body: { refreshToken: tokens.refreshToken } });
      assert.equal(refreshed.status, 401);
      await eventually(
        () => client("POST", auth("validate-token"), { body: { accessToken: tokens.accessToken } }),
        ({ body }) => body.active === false,
      );
      assert.equal((await client("POST", auth("login"), { body: { email, password } })).status, 401);
      await client.login({ email, password: newPassword });
      assert.doesNotMatch(await mailTo(system(), email, /changed/i), /token=/);
    });

    it("security 20: a link resets once, and a password that will not do leaves it as it is", async () => {
      const { client } = system();
      const { email } = await client.register();
      await client("POST", auth("password/forgot"), { body: { email } });
      const token = await mailedToken(system(), email, /reset/i);
      const reset = (password: string) =>
        client("POST", auth("password/reset"), { body: { token, newPassword: password } });
      const weak = await reset("passwordpassword");
      assert.deepEqual([weak.status, weak.body.reason], [400, "PASSWORD_TOO_COMMON"]);
      assert.deepEqual(
        weak.body.violations.map(({ field }: { field: string }) => field),
        ["newPassword"],
      );
      const attempts = await Promise.all(Array.from({ length: 5 }, () => reset(newPassword)));
      assert.deepEqual(attempts.map(({ status }) => status).toSorted(), [200, 400, 400, 400, 400]);
    });

    it("security 21: no header of a request has a part in a link", async () => {
      const { client, url } = system();
      const { email } = await client.register();
      const forged = request(new URL(auth("password/forgot"), url), {
        method: "POST",
        headers: {
          "content-type": "application/json",
          host: "evil.example.com",
          "x-forwarded-host": "evil.example.com",
          "x-forwarded-proto": "https",
          forwarded: "host=evil.example.com;proto=https",
          origin: "https://evil.example.com",
        },
      });
      forged.end(JSON.stringify({ email }));
      const [response] = await once(forged, "response");
      response.resume();
      assert.equal(response.statusCode, 200);
      const text = await mailTo(system(), email, /reset/i);
      const links = text.match(/https?:\S+/g) ?? [];
      assert.equal(links.length, 1);
      assert.ok(links[0]?.startsWith(`${url}/`), links[0]);
      assert.doesNotMatch(text, /evil/);
    });

    it("security 6: changing a password needs the current one, ends the other sessions and keeps its own", async () => {
      const { client } = system();
      const person = await client.register();
      const other = await client.login(person);
      const change = (currentPassword: string) =>
        client("POST", auth("password/change"), {
          body: { currentPassword, newPassword },
          token: person.tokens.accessToken,
        });
      const wrong = await change("wrong horse battery staple");
      assert.deepEqual([wrong.status, wrong.body.reason], [401, "INVALID_CREDENTIALS"]);
      assert.equal((await change(person.password)).status, 200);
      const refresh = async ({ refreshToken }: { refreshToken: string }) =>
        (await client("POST", auth("refresh"), { body: { refreshToken } })).status;
      assert.deepEqual([await refresh(other), await refresh(person.tokens)], [401, 200]);
      await client.login({ email: person.email, password: newPassword });
      await mailTo(system(), person.email, /changed/i);
    });

    it("writes in the language that a person signed up in", async () => {
      const { client } = system();
      const person = somebody();
      await client("POST", auth("register"), { body: person, headers: { "accept-language": "es-MX,es;q=0.9" } });
      await mailTo(system(), person.email, /verifica tu dirección/i);
      await client("POST", auth("password/forgot"), { body: { email: person.email } });
      await mailTo(system(), person.email, /restablece tu contraseña/i);
    });

    it("invites a person whom an administrator created to set a first password", async () => {
      const { client, ops } = system();
      const admin = await client.register();
      await ops("roles", "grant", admin.email, "admin");
      const { accessToken: token } = await client.login(admin);
      const { name, email } = somebody();
      const created = await client("POST", "/api/v1/users", { body: { name, email }, token });
      assert.ok([201, 202].includes(created.status), JSON.stringify(created.body));
      const invitation = await mailedToken(system(), email, /invited/i);
      const answer = await client("POST", auth("password/reset"), { body: { token: invitation, newPassword } });
      assert.equal(answer.status, 200);
      const { accessToken } = await client.login({ email, password: newPassword });
      assert.equal(claimsOf(accessToken).email_verified, true);
    });

    it("security 2: says everything that is wrong with a new password, wherever one is set", async () => {
      const { client } = system();
      const short = {
        rule: "PASSWORD_TOO_SHORT",
        message: "password must have at least 15 characters: 6 more than it has",
      };
      const common = { rule: "PASSWORD_TOO_COMMON", message: "password is among the first that a guesser tries" };
      const breached = { rule: "PASSWORD_BREACHED", message: "password is known from a data breach" };
      const refused = async (path: string, field: string, body: object, token?: string) => {
        const weak = await client("POST", auth(path), {
          body: { ...body, [field]: "password1" },
          ...(token && { token }),
        });
        const flaws = [short, common, breached].map((flaw) => ({ field, ...flaw }));
        assert.deepEqual([weak.status, weak.body.reason, weak.body.violations], [400, "PASSWORD_TOO_SHORT", flaws]);
        assert.equal(weak.body.detail, flaws.map(({ message }) => message).join("; "));
        const leaked = { ...body, [field]: "a password that leaked long ago" };
        const { status, body: problem } = await client("POST", auth(path), { body: leaked, ...(token && { token }) });
        assert.deepEqual(
          [status, problem.reason, problem.violations],
          [400, "PASSWORD_BREACHED", [{ field, ...breached }]],
        );
      };
      const { name, email } = somebody();
      await refused("register", "password", { name, email });
      const { password, tokens, ...person } = await client.register();
      await refused("password/change", "newPassword", { currentPassword: password }, tokens.accessToken);
      await client("POST", auth("password/forgot"), { body: { email: person.email } });
      const token = await mailedToken(system(), person.email, /reset/i);
      await refused("password/reset", "newPassword", { token });
    });

    it("security 2: names the service or the address that a password is made from", async () => {
      const { client } = system();
      const person = somebody();
      for (const [password, source] of [
        [`${person.email.split("@")[0]}`, "your e-mail address"],
        ["limen limen limen", "the service's name"],
      ]) {
        const { status, body } = await client("POST", auth("register"), { body: { ...person, password } });
        const message = `password is made from ${source}`;
        assert.deepEqual(
          [status, body.violations],
          [400, [{ field: "password", rule: "PASSWORD_CONTAINS_CONTEXT", message }]],
        );
      }
    });

    it("security 12: refuses what is no token of a link", async () => {
      const { client } = system();
      const { tokens } = await client.register();
      for (const token of ["x", "a".repeat(64), tokens.refreshToken]) {
        for (const path of ["password/reset", "email/verify"]) {
          const body = { token, ...(path === "password/reset" && { newPassword }) };
          const { status, body: problem } = await client("POST", auth(path), { body });
          assert.deepEqual([status, problem.reason], [400, "INVALID_PROOF"]);
        }
      }
    });
  });
}
