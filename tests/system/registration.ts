import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { eventually, somebody } from "../support/client.ts";
import type { System } from "./system.ts";

const register = "/api/v1/auth/register";

export function registrationSuite(system: () => System): void {
  describe("registration", () => {
    it("answers 201 with a completed registration and tokens that let the person in", async () => {
      const { client } = system();
      const person = somebody();
      const { status, headers, body } = await client("POST", register, { body: person });
      assert.equal(status, 201);
      assert.equal(headers.get("cache-control"), "no-store");
      assert.deepEqual(Object.keys(body.registration).sort(), ["createTime", "id", "reason", "state", "userId"]);
      assert.equal(body.registration.state, "COMPLETED");
      assert.deepEqual([body.tokens.tokenType, body.tokens.expiresIn], ["Bearer", 600]);
      const me = await client("GET", "/api/v1/users/me", { token: body.tokens.accessToken });
      assert.deepEqual(
        [me.status, me.body.user.id, me.body.user.email, me.body.user.name, me.body.user.status],
        [200, body.registration.userId, person.email, person.name, "ACTIVE"],
      );
    });

    it("refuses an address that somebody has, however it is written", async () => {
      const { client } = system();
      const { email } = await client.register();
      const again = await client("POST", register, { body: { ...somebody(), email: email.toUpperCase() } });
      assert.deepEqual([again.status, again.body.reason], [409, "EMAIL_TAKEN"]);
      assert.equal(again.headers.get("content-type"), "application/problem+json");
      assert.ok(again.body.requestId);
    });

    it("answers a repeated key with the same registration, and refuses the key for another request", async () => {
      const { client } = system();
      const person = somebody();
      const headers = { "idempotency-key": randomUUID() };
      const first = await client("POST", register, { body: person, headers });
      const again = await client("POST", register, { body: person, headers });
      assert.deepEqual([first.status, again.status], [201, 201]);
      assert.deepEqual(again.body.registration, first.body.registration);
      assert.ok(again.body.tokens.accessToken);
      const otherName = await client("POST", register, { body: { ...person, name: "Grace" }, headers });
      const otherPassword = await client("POST", register, {
        body: { ...person, password: "another horse battery staple" },
        headers,
      });
      for (const answer of [otherName, otherPassword]) {
        assert.deepEqual([answer.status, answer.body.reason], [422, "IDEMPOTENCY_MISMATCH"]);
      }
    });

    it("makes one user of twenty simultaneous requests with one key", async () => {
      const { client } = system();
      const person = somebody();
      const headers = { "idempotency-key": randomUUID(), prefer: "wait=8" };
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => client("POST", register, { body: person, headers })),
      );
      const ids = new Set(answers.map(({ body }) => body.registration?.id));
      assert.deepEqual([...new Set(answers.map(({ status }) => status))], [201]);
      assert.equal(ids.size, 1);
    });

    it("gives one of many simultaneous registrations an address", async () => {
      const { client } = system();
      const { email } = somebody();
      const answers = await Promise.all(
        Array.from({ length: 10 }, () =>
          client("POST", register, { body: { ...somebody(), email }, headers: { prefer: "wait=8" } }),
        ),
      );
      assert.deepEqual(answers.map(({ status }) => status).sort(), [201, ...Array.from({ length: 9 }, () => 409)]);
    });

    it("answers 202 at once when asked not to wait, and the registration goes on by itself", async () => {
      const { client } = system();
      const person = somebody();
      const accepted = await client("POST", register, { body: person, headers: { prefer: "wait=0" } });
      assert.equal(accepted.status, 202);
      const location = accepted.headers.get("location") ?? "";
      assert.equal(location, `/api/v1/auth/registrations/${accepted.body.registration.id}`);
      const end = await client("GET", `${location}?wait=5s`);
      assert.deepEqual([end.status, end.body.registration.state], [200, "COMPLETED"]);
      await client.login(person);
    });

    it("streams the progress of a registration as server-sent events", async () => {
      const { client, url } = system();
      const accepted = await client("POST", register, { body: somebody(), headers: { prefer: "wait=0" } });
      const { id } = accepted.body.registration;
      const response = await fetch(`${url}/api/v1/auth/registrations/${id}:watch`, {
        signal: AbortSignal.timeout(15_000),
      });
      assert.match(response.headers.get("content-type") ?? "", /^text\/event-stream/);
      const states = [...(await response.text()).matchAll(/^data: ?(.+)$/gm)].map(
        ([, data]) => JSON.parse(data ?? "").registration.state,
      );
      assert.equal(states.at(-1), "COMPLETED");
      assert.equal(new Set(states).size, states.length);
    });

    it("knows no other registration", async () => {
      const { client } = system();
      const answer = await client("GET", `/api/v1/auth/registrations/${randomUUID()}`);
      assert.deepEqual([answer.status, answer.body.reason], [404, "REGISTRATION_NOT_FOUND"]);
    });

    it("names what is wrong with a password, an address or a name", async () => {
      const { client } = system();
      const cases = [
        [{ password: "too short" }, "PASSWORD_TOO_SHORT", "password"],
        [{ password: "passwordpassword" }, "PASSWORD_TOO_COMMON", "password"],
        [{ password: "x".repeat(1025) }, undefined, "password"],
        [{ email: "nobody" }, undefined, "email"],
        [{ email: "a@b.c\r\nbcc: d@e.f" }, undefined, "email"],
        [{ name: "" }, undefined, "name"],
        [{ name: "   " }, "INVALID_NAME", "name"],
      ] as const;
      for (const [wrong, reason, field] of cases) {
        const { status, body } = await client("POST", register, { body: { ...somebody(), ...wrong } });
        assert.equal(status, 400, JSON.stringify(wrong));
        assert.equal(body.violations?.[0]?.field, field);
        if (reason !== undefined) assert.equal(body.reason, reason);
      }
    });

    it("lets composed and decomposed spellings of a password in alike", async () => {
      const { client } = system();
      const password = "Ångström café, naïve résumé";
      const person = await client.register({ password: password.normalize("NFC") });
      await client.login({ ...person, password: password.normalize("NFD") });
    });

    it("invites whom an administrator created: a user, but no way in yet", async () => {
      const { client, ops } = system();
      const admin = await client.register();
      await ops("roles", "grant", admin.email, "admin");
      const { accessToken: token } = await client.login(admin);
      const { name, email, password } = somebody();
      const created = await client("POST", "/api/v1/users", {
        body: { name, email },
        token,
        headers: { prefer: "wait=8" },
      });
      assert.equal(created.status, 201, JSON.stringify(created.body));
      assert.equal(created.body.user.email, email);
      const taken = await client("POST", "/api/v1/users", {
        body: { name, email },
        token,
        headers: { prefer: "wait=8" },
      });
      assert.deepEqual([taken.status, taken.body.reason], [409, "EMAIL_TAKEN"]);
      const login = await client("POST", "/api/v1/auth/login", { body: { email, password } });
      assert.deepEqual([login.status, login.body.reason], [401, "INVALID_CREDENTIALS"]);
    });

    it("tells what became of a creation that nobody waited for", async () => {
      const { client, ops } = system();
      const admin = await client.register();
      await ops("roles", "grant", admin.email, "admin");
      const { accessToken: token } = await client.login(admin);
      const accepted = await client("POST", "/api/v1/users", {
        body: { name: "Grace", email: admin.email },
        token,
      });
      assert.equal(accepted.status, 202);
      const location = accepted.headers.get("location") ?? "";
      const end = await eventually(
        () => client("GET", location, { token }),
        ({ body }) => body.creation?.state !== "PENDING",
      );
      assert.deepEqual([end.body.creation.state, end.body.creation.reason], ["REJECTED", "EMAIL_TAKEN"]);
    });
  });
}
