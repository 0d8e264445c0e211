import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { tapBroker } from "../support/broker-tap.ts";
import { somebody } from "../support/client.ts";
import { mailedToken, mailTo } from "../support/mails.ts";
import type { OtlpCollector } from "../support/otlp-collector.ts";
import {
  findTraces,
  type Trace,
  tracesIn,
  tracesInDatabase,
  tracesInFiles,
  tracesInMetrics,
} from "../support/traces.ts";
import type { System } from "./system.ts";

interface Surroundings {
  readonly databaseUrl: string;
  readonly broker: { readonly url: string; readonly dataDir: string | undefined };
  readonly dataDir: string;
  /** Everything that the processes printed. */
  readonly output: () => string;
  /** Where they send their spans, if anywhere. */
  readonly collector?: OtlpCollector;
}

/** What a newcomer is shown at the start has a password in it, which is nobody's. */
const sampleRequest = /-d '\{"name":"Ada","email":"ada@example.com".*/;

const auth = (path: string) => `/api/v1/auth/${path}`;

/**
 * Somebody lives through everything in which a secret has a part; then nothing that the system has kept, sent, printed or
 * counted holds one, of this person or of whoever came before. The mail server alone has the links.
 */
export function canarySuite(system: () => System, surroundings: () => Surroundings): void {
  /** Each a password that is nowhere else. */
  const marked: string[] = [];
  const password = (): string => {
    const text = `canary ${randomUUID()} sings`;
    marked.push(text);
    return text;
  };

  async function liveThroughEverything() {
    const { client, ops } = system();
    const post = (path: string, body: object, token?: string, headers?: Record<string, string>) =>
      client("POST", auth(path), { body, ...(token !== undefined && { token }), ...(headers && { headers }) });
    const keep = (...secrets: string[]) => void marked.push(...secrets);
    const keepTokens = ({ accessToken, refreshToken }: { accessToken: string; refreshToken: string }) =>
      keep(accessToken, refreshToken);

    const key = randomUUID();
    const person = { ...somebody(), password: password() };
    const { body: registered } = await post("register", person, undefined, {
      "idempotency-key": key,
      prefer: "wait=8",
    });
    assert.ok(registered.tokens, JSON.stringify(registered));
    keepTokens(registered.tokens);
    const { email } = person;
    await post("register", { ...person, password: password() }, undefined, { "idempotency-key": key });
    await post("register", { ...somebody(), password: "canary" });
    await post("register", { ...somebody(), password: password(), surprise: true });
    await client("POST", auth("login"), { raw: `{"email":"${email}","password":"${password()}"` });
    await post("login", { email, password: password() });
    await post("login", { email: password(), password: password() });

    const tokens = await client.login(person);
    keepTokens(tokens);
    const refreshed = (await post("refresh", { refreshToken: tokens.refreshToken })).body.tokens;
    keepTokens(refreshed);
    keepTokens((await post("refresh", { refreshToken: refreshed.refreshToken })).body.tokens);
    assert.equal((await post("refresh", { refreshToken: tokens.refreshToken })).status, 401);
    await post("validate-token", { accessToken: tokens.accessToken });
    await client("GET", "/api/v1/users/me", { token: `${tokens.accessToken}x` });

    const verification = await mailedToken(system(), email, /verify/i);
    const changed = password();
    const change = { currentPassword: person.password, newPassword: changed };
    await post("password/change", { ...change, currentPassword: password() }, registered.tokens.accessToken);
    const answer = await post("password/change", change, registered.tokens.accessToken);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    await post("email/verify", { token: verification });
    await post("password/forgot", { email });
    const reset = await mailedToken(system(), email, /reset/i);
    await client("GET", `/reset-password?token=${reset}`);
    assert.equal((await post("password/reset", { token: reset, newPassword: password() })).status, 200);
    await post("password/reset", { token: reset, newPassword: password() });
    keep(verification, reset);
    await mailTo(system(), email, /changed/i);

    const admin = await client.register();
    await ops("roles", "grant", admin.email, "admin");
    const invited = somebody();
    const { accessToken } = await client.login(admin);
    await client("POST", "/api/v1/users", { body: { name: invited.name, email: invited.email }, token: accessToken });
    const invitation = await mailedToken(system(), invited.email, /invited/i);
    keep(accessToken, invitation);
    assert.equal((await post("password/reset", { token: invitation, newPassword: password() })).status, 200);
    return { email, userId: registered.registration.userId as string };
  }

  /** What was told until now: whatever comes of the call after it has come, too. */
  async function tracesInSpans(collector: OtlpCollector, userId: string): Promise<Trace> {
    const traceId = randomUUID().replaceAll("-", "");
    const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01` };
    await system().client("GET", `/api/v1/users/${userId}`, { headers });
    await collector.until("the last call", (spans) => spans.some((span) => span.traceId === traceId));
    return tracesIn("spans", [collector.received()]);
  }

  async function secretsOfTheSystem(): Promise<string[]> {
    const secrets = JSON.parse(await readFile(join(surroundings().dataDir, "secrets.json"), "utf8"));
    const credentials = String(secrets.SERVICE_CREDENTIALS).split(",");
    return [secrets.KEY_ENCRYPTION_KEY, ...credentials.map((pair) => pair.slice(pair.indexOf("=") + 1))];
  }

  describe("canary", () => {
    it("security 29: no password and no token is in a table, a message, a log, a span, a metric or the broker's files", async () => {
      const { databaseUrl, broker, output, collector } = surroundings();
      const tap = await tapBroker(broker.url);
      try {
        const { email, userId } = await liveThroughEverything();
        await system().client("GET", `/api/v1/users/${userId}`);
        const messages = tracesIn("messages", tap.messages);
        const tables = await tracesInDatabase(databaseUrl);
        const files = broker.dataDir === undefined ? [] : await tracesInFiles(broker.dataDir);
        const log = tracesIn("log", [output().replace(sampleRequest, "")]);
        const metrics = await tracesInMetrics(Number(system().env.MANAGEMENT_PORT), 5);
        const spans = collector === undefined ? [] : [await tracesInSpans(collector, userId)];
        const everything: Trace[] = [messages, ...tables, ...files, log, ...spans, ...metrics];

        // What is sought can be found: the search looks at the right places.
        assert.ok(findTraces(email, everything).includes("users.users"));
        assert.deepEqual(findTraces(email, [messages]), ["messages"]);
        if (broker.dataDir !== undefined) assert.ok(findTraces(email, files).length > 0);
        assert.deepEqual(findTraces(userId, [log]), ["log"]);
        for (const { where } of spans) assert.deepEqual(findTraces("limen.auth.v1.AuthService/Login", spans), [where]);
        for (const trace of metrics) assert.ok(trace.bytes.includes("limen_"), trace.where);

        assert.ok(marked.length > 20);
        for (const secret of [...marked, ...(await secretsOfTheSystem()), somebody().password]) {
          assert.deepEqual(findTraces(secret, everything), [], secret);
        }
        // Whatever was made for other people looks alike: a JWT, a refresh token; a hash is where it belongs.
        for (const { where, bytes } of everything) {
          const text = bytes.toString("latin1");
          assert.doesNotMatch(text, /eyJ[\w-]{10,}\.eyJ|lr1\.[\w-]{20,}/, where);
          if (!["auth.accounts", "auth.registrations"].includes(where)) assert.doesNotMatch(text, /\$argon2/, where);
        }
      } finally {
        await tap.close();
      }
    });
  });
}
