import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { type Answer, claimsOf, eventually, somebody } from "../support/client.ts";
import { mailedToken, mailTo } from "../support/mails.ts";
import type { System } from "./system.ts";

const auth = (path: string) => `/api/v1/auth/${path}`;

export function emailChangesSuite(system: () => System): void {
  type Registered = Awaited<ReturnType<System["client"]["register"]>>;

  const ask = ({ password, tokens }: Registered, newEmail: string, currentPassword = password) =>
    system().client("POST", auth("email/change"), { body: { newEmail, currentPassword }, token: tokens.accessToken });
  const confirm = (token: string, wait = 8) =>
    system().client("POST", auth("email/confirm-change"), { body: { token }, headers: { prefer: `wait=${wait}` } });
  const linkTo = (email: string, earlier?: string) => mailedToken(system(), email, /confirm your new/i, earlier);
  const logIn = (email: string, { password }: { password: string }) =>
    system().client("POST", auth("login"), { body: { email, password } });

  /** Somebody who has a link to another address. */
  async function withLink(newEmail = somebody().email) {
    const person = await system().client.register();
    assert.equal((await ask(person, newEmail)).status, 200);
    return { person, newEmail, token: await linkTo(newEmail) };
  }

  describe("changing the e-mail address", () => {
    it("moves a person to an address that they have proven, and tells the old one before and after", async () => {
      const { client } = system();
      const { person, newEmail, token } = await withLink();
      await mailTo(system(), person.email, /about to change/i);
      assert.equal((await logIn(newEmail, person)).status, 401);
      const before = await client("GET", "/api/v1/users/me", { token: person.tokens.accessToken });

      const confirmed = await confirm(token);
      assert.equal(confirmed.status, 200, JSON.stringify(confirmed.body));
      assert.deepEqual(Object.keys(confirmed.body.emailChange).toSorted(), ["createTime", "id", "state"]);
      assert.equal(confirmed.body.emailChange.state, "COMPLETED");
      assert.equal((await logIn(person.email, person)).status, 401);
      const { accessToken } = await client.login({ ...person, email: newEmail });
      assert.equal(claimsOf(accessToken).email_verified, true);

      const after = await client("GET", "/api/v1/users/me", { token: accessToken });
      assert.equal(after.body.user.email, newEmail);
      assert.notEqual(after.headers.get("etag"), before.headers.get("etag"));
      const stale = {
        token: accessToken,
        body: { name: "Augusta" },
        headers: { "if-match": `"${before.body.user.etag}"` },
      };
      assert.equal((await client("PATCH", `/api/v1/users/${person.userId}?updateMask=name`, stale)).status, 412);
      assert.doesNotMatch(await mailTo(system(), person.email, /has been changed/i), /token=/);
    });

    it("is an operation that can be followed when nobody waits", async () => {
      const { client } = system();
      const { token } = await withLink();
      const accepted = await confirm(token, 0);
      assert.deepEqual([accepted.status, accepted.body.emailChange.state], [202, "CHANGING"]);
      const location = accepted.headers.get("location") ?? "";
      assert.equal(location, auth(`email/changes/${accepted.body.emailChange.id}`));
      const end = await client("GET", `${location}?wait=8s`);
      assert.deepEqual([end.status, end.body.emailChange.state], [200, "COMPLETED"]);
      const nowhere = await client("GET", auth(`email/changes/${randomUUID()}`));
      assert.deepEqual([nowhere.status, nowhere.body.reason], [404, "EMAIL_CHANGE_NOT_FOUND"]);
    });

    it("needs the current password and another address", async () => {
      const person = await system().client.register();
      const wrong = await ask(person, somebody().email, "wrong horse battery staple");
      assert.deepEqual([wrong.status, wrong.body.reason], [401, "INVALID_CREDENTIALS"]);
      const same = await ask(person, person.email.toUpperCase());
      assert.deepEqual([same.status, same.body.reason], [400, "EMAIL_UNCHANGED"]);
      assert.deepEqual(same.body.violations[0].field, "newEmail");
      assert.equal((await ask(person, "nobody")).status, 400);
      const nobody = await system().client("POST", auth("email/change"), {
        body: { newEmail: somebody().email, currentPassword: person.password },
      });
      assert.equal(nobody.status, 401);
    });

    it("security 8: answers alike for an address that somebody has, who is told and gets no link", async () => {
      const { client } = system();
      const [person, owner] = [await client.register(), await client.register()];
      const [known, unknown] = [await ask(person, owner.email), await ask(person, somebody().email)];
      assert.deepEqual([known.status, known.body], [200, {}]);
      const shape = ({ status, body, headers }: Answer) => [status, body, [...headers.keys()].toSorted()];
      assert.deepEqual(shape(known), shape(unknown));
      assert.doesNotMatch(await mailTo(system(), owner.email, /somebody wanted to use/i), /token=/);
    });

    it("ends the other sessions, and keeps the one that asked", async () => {
      const { client } = system();
      const person = await client.register();
      const other = await client.login(person);
      const newEmail = somebody().email;
      await ask(person, newEmail);
      assert.equal((await confirm(await linkTo(newEmail))).body.emailChange.state, "COMPLETED");
      const refresh = async (refreshToken: string) =>
        (await client("POST", auth("refresh"), { body: { refreshToken } })).status;
      assert.deepEqual([await refresh(other.refreshToken), await refresh(person.tokens.refreshToken)], [401, 200]);
      await eventually(
        () => client("POST", auth("validate-token"), { body: { accessToken: other.accessToken } }),
        ({ body }) => body.active === false,
      );
    });

    it("security 20: a link counts once, until a newer one or another password", async () => {
      const { client } = system();
      const { person, newEmail, token: first } = await withLink();
      await ask(person, newEmail);
      const second = await linkTo(newEmail, first);
      const refused = await confirm(first);
      assert.deepEqual([refused.status, refused.body.reason], [400, "INVALID_PROOF"]);
      const attempts = await Promise.all(Array.from({ length: 5 }, () => confirm(second)));
      assert.deepEqual(attempts.map(({ status }) => status).toSorted(), [200, 400, 400, 400, 400]);

      const { person: other, token } = await withLink();
      const { status } = await client("POST", auth("password/change"), {
        body: { currentPassword: other.password, newPassword: "a staple that fits nowhere" },
        token: other.tokens.accessToken,
      });
      assert.equal(status, 200);
      assert.equal((await confirm(token)).status, 400);
    });

    it("of three people to one address that somebody registers at the same time leaves it with one of them", async () => {
      const { client } = system();
      const newEmail = somebody().email;
      const movers: { person: Registered; token: string }[] = [];
      for (let n = 0; n < 3; n++) {
        const person = await client.register();
        await ask(person, newEmail);
        movers.push({ person, token: await linkTo(newEmail, movers.at(-1)?.token) });
      }
      const newcomer = { ...somebody(), email: newEmail, password: "the newcomer's own password" };
      const [registered, ...changes] = await Promise.all([
        client("POST", auth("register"), { body: newcomer, headers: { prefer: "wait=8" } }),
        ...movers.map(({ token }) => confirm(token)),
      ]);
      const ends = changes.map(({ body }) => body.emailChange.state);
      const winners = [registered.status === 201, ...ends.map((state) => state === "COMPLETED")];
      assert.equal(winners.filter(Boolean).length, 1, JSON.stringify([registered.body, ends]));
      for (const end of ends) assert.match(end, /^(COMPLETED|REJECTED)$/);
      for (const [index, { person }] of movers.entries()) {
        const isOwner = ends[index] === "COMPLETED";
        const { body } = await client("GET", "/api/v1/users/me", { token: person.tokens.accessToken });
        assert.equal(body.user.email, isOwner ? newEmail : person.email);
        if (isOwner) continue;
        await client.login(person);
        await mailTo(system(), person.email, /could not be changed/i);
      }
    });

    it("is refused to whoever has been suspended or deleted since they asked", async () => {
      const { client, ops } = system();
      const admin = await client.register();
      await ops("roles", "grant", admin.email, "admin");
      const { accessToken: token } = await client.login(admin);
      for (const [method, verb, status] of [
        ["POST", ":suspend", "SUSPENDED"],
        ["DELETE", "", "DELETED"],
      ] as const) {
        const { person, token: link } = await withLink();
        const answer = await client(method, `/api/v1/users/${person.userId}${verb}`, { token });
        assert.deepEqual([answer.status, answer.body.user.status], [200, status]);
        await eventually(
          () => logIn(person.email, person),
          (login) => login.status === 401,
        );
        assert.equal((await confirm(link)).status, 400);
      }
    });

    it("leaves the old address to whoever registers with it next", async () => {
      const { client } = system();
      const { person, token } = await withLink();
      assert.equal((await confirm(token)).body.emailChange.state, "COMPLETED");
      const next = await client.register({ email: person.email, password: "the newcomer's own password" });
      assert.notEqual(next.userId, person.userId);
    });

    it("writes in the language of the person, and tells the audit trail", async () => {
      const { client, ops } = system();
      const person = somebody();
      const { body } = await client("POST", auth("register"), {
        body: person,
        headers: { "accept-language": "es", prefer: "wait=8" },
      });
      const newEmail = somebody().email;
      await ask({ ...person, ...body, userId: body.registration.userId }, newEmail);
      const token = await mailedToken(system(), newEmail, /confirma tu nueva/i);
      assert.equal((await confirm(token)).body.emailChange.state, "COMPLETED");
      await mailTo(system(), person.email, /dirección de correo ha cambiado/i);
      const lines = (await ops("audit", "export", "--user", body.registration.userId, "--json")).trim().split("\n");
      const types = lines.map((line) => JSON.parse(line).type).filter((type) => type.startsWith("email_change"));
      assert.deepEqual(types, ["email_change_requested", "email_change_confirmed", "email_changed"]);
    });
  });
}
