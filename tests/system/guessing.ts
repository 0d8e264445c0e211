import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { type Answer, eventually, somebody } from "../support/client.ts";
import { mailTo } from "../support/mails.ts";
import type { System } from "./system.ts";

const login = "/api/v1/auth/login";
const change = "/api/v1/auth/password/change";
const auditEvents = "/api/v1/auth/audit-events";
const wrong = "a guess out of many guesses";

/** The gateway trusts one hop in front of it, so a test can come from wherever it likes. */
const from = (address: string) => ({ "x-forwarded-for": address });

export function guessingSuite(system: () => System): void {
  const guess = (email: string, address: string, password = wrong) =>
    system().client("POST", login, { body: { email, password }, headers: from(address) });

  describe("guessing", () => {
    it("security 9: of 200 parallel guesses at an address 20 at most are evaluated, whether or not anybody has it", async () => {
      const { email } = await system().client.register();
      for (const target of [email, somebody().email]) {
        const answers = await Promise.all(Array.from({ length: 200 }, () => guess(target, "203.0.113.1")));
        const evaluated = answers.filter(({ status }) => status === 401);
        assert.ok(evaluated.length >= 5 && evaluated.length <= 20, `${evaluated.length} were evaluated`);
        for (const answer of answers) if (answer.status !== 401) assertThrottled(answer);
      }
    });

    it("security 7, 9: the sixth guess waits, and then the right password lets its owner in", async () => {
      const { email, password } = await system().client.register();
      const courses = [];
      for (const target of [email, somebody().email]) {
        const course: unknown[] = [];
        for (let i = 0; i < 6; i++) {
          const { status, headers, body } = await guess(target, "203.0.113.2");
          course.push([status, body.reason, headers.get("retry-after")]);
        }
        courses.push(course);
      }
      assert.deepEqual(
        courses[0]?.map((answer) => (answer as unknown[])[0]),
        [401, 401, 401, 401, 401, 429],
      );
      assert.deepEqual(courses[1], courses[0]);
      const early = await guess(email, "203.0.113.2", password);
      assertThrottled(early);
      await wait(Number(early.headers.get("retry-after")) * 1_000);
      assert.equal((await guess(email, "203.0.113.2", password)).status, 200);
    });

    it("security 7: unknown, wrong, suspended and invited are one answer, to the last header", async () => {
      const { client, ops } = system();
      const [ada, admin] = [await client.register(), await client.register()];
      await ops("roles", "grant", admin.email, "admin");
      const { accessToken: token } = await client.login(admin);
      const [suspended, invited] = [await client.register(), somebody()];
      await client("POST", `/api/v1/users/${suspended.userId}:suspend`, { token });
      await client("POST", "/api/v1/users", { body: { name: invited.name, email: invited.email }, token });
      await mailTo(system(), invited.email, /invited/i);
      await eventually(
        () => guess(suspended.email, "192.0.2.20", suspended.password),
        ({ status }) => status === 401,
      );
      const answers = [];
      for (const email of [ada.email, somebody().email, suspended.email, invited.email, "no address"]) {
        const { status, headers, body } = await guess(email, "192.0.2.21");
        const names = [...headers.keys()].filter((name) => name !== "x-request-id");
        const fixed = names.filter((name) => name !== "date").map((name) => [name, headers.get(name)]);
        answers.push({ status, fixed, body: { ...body, requestId: "" } });
      }
      assert.deepEqual([answers[0]?.status, answers[0]?.body.reason], [401, "INVALID_CREDENTIALS"]);
      for (const answer of answers) assert.deepEqual(answer, answers[0]);
    });

    it("security 9: others' failures slow neither the owner's network nor one that is new", async () => {
      const { email, password } = await system().client.register();
      assert.equal((await guess(email, "192.0.2.10", password)).status, 200);
      for (let i = 0; i < 12; i++) await guess(email, `203.0.113.${30 + (i % 3)}`);
      assert.equal((await guess(email, "192.0.2.10", password)).status, 200);
      assert.equal((await guess(email, "192.0.2.11", password)).status, 200);
    });

    it("security 9, 10: an IPv6 network is one, and only the trusted hop's word counts", async () => {
      const { email } = somebody();
      for (let i = 0; i < 5; i++) assert.equal((await guess(email, `2001:db8:0:7::${i}`)).status, 401);
      assertThrottled(await guess(email, "2001:db8:0:7:ffff::1"));
      assertThrottled(await guess(email, "198.51.100.1, 2001:0DB8:0:7::9"));
      assert.equal((await guess(email, "2001:db8:0:8::1")).status, 401);
    });

    it("security 9: guesses at the present password count like guesses at the login", async () => {
      const { client } = system();
      const { email, password, tokens } = await client.register();
      const headers = from("203.0.113.3");
      const body = { currentPassword: wrong, newPassword: "a staple that fits nowhere" };
      for (let i = 0; i < 5; i++) {
        assert.equal((await client("POST", change, { token: tokens.accessToken, body, headers })).status, 401);
      }
      assertThrottled(await client("POST", change, { token: tokens.accessToken, body, headers }));
      assertThrottled(await guess(email, "203.0.113.3", password));
    });

    it("security 30: an administrator reads what happened, and nobody else does", async () => {
      const { client, ops } = system();
      const person = await client.register();
      for (let i = 0; i < 5; i++) await guess(person.email, "203.0.113.4");
      assert.equal((await client("GET", auditEvents, { token: person.tokens.accessToken })).status, 403);
      const admin = await client.register();
      await ops("roles", "grant", admin.email, "admin");
      const { accessToken: token } = await client.login(admin);
      const list = (query: string) => client("GET", `${auditEvents}?userId=${person.userId}&${query}`, { token });
      const { body } = await eventually(
        () => list("pageSize=5"),
        ({ status }) => status === 200,
      );
      assert.deepEqual(body.auditEvents.map(({ type }: { type: string }) => type).sort(), [
        "login_failed",
        "login_failed",
        "login_failed",
        "login_failed",
        "throttled",
      ]);
      const [newest] = body.auditEvents;
      assert.deepEqual([newest.userId, newest.ipAddress], [person.userId, "203.0.113.4"]);
      const rest = await list(`pageToken=${body.nextPageToken}`);
      assert.deepEqual(
        rest.body.auditEvents.map(({ type }: { type: string }) => type),
        ["login_failed", "login_succeeded"],
      );
      const exported = await ops("audit", "export", "--user", person.userId, "--json");
      assert.equal(exported.trimEnd().split("\n").length, 7);
      assert.equal(exported.includes(person.email) || exported.includes(wrong), false);
    });
  });
}

function assertThrottled({ status, headers, body }: Answer): void {
  assert.deepEqual([status, body.reason], [429, "THROTTLED"]);
  assert.ok(Number(headers.get("retry-after")) >= 1);
  assert.equal(headers.get("content-type"), "application/problem+json");
}
