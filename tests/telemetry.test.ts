import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { metrics, processMetrics } from "../deploy/checks/metrics.ts";
import { exported } from "../deploy/checks/promql.ts";
import { type PrivateRabbitMq, startPrivateRabbitMq } from "../deploy/local/private-rabbitmq.ts";
import { somebody } from "./support/client.ts";
import { type CollectedSpan, type OtlpCollector, startOtlpCollector } from "./support/otlp-collector.ts";
import { createTestDatabase, type TestDatabase } from "./support/postgres.ts";
import { type StartedSystem, startSystem } from "./system/start-system.ts";

const auth = "limen.auth.v1.AuthService";

/** The hops of a registration, each below the one that it follows from. */
const registrationTrace = `
gateway server POST /api/v1/auth/register
  gateway client ${auth}/Register
    auth-api server ${auth}/Register
      auth producer send auth_commands
        auth-worker consumer process auth_commands
          auth producer send user_commands
            users-worker consumer process user_commands
              users producer send limen.events
                auth-worker consumer process auth_user_events
                  auth producer send limen.events`.trim();

describe("what Limen in five processes tells of itself", () => {
  let dataDir: string;
  let database: TestDatabase;
  let broker: PrivateRabbitMq;
  let collector: OtlpCollector;
  let system: StartedSystem;
  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "limen-telemetry-"));
    [database, broker, collector] = await Promise.all([
      createTestDatabase(),
      startPrivateRabbitMq(),
      startOtlpCollector(),
    ]);
    system = await startSystem("deploy/local/start-services.ts", {
      DATA_DIR: dataDir,
      DATABASE_URL: database.url,
      AMQP_URL: broker.url,
      LOG_LEVEL: "info",
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_BSP_SCHEDULE_DELAY: "50",
    });
  });
  after(async () => {
    await system?.stop();
    await collector?.close();
    await broker?.stop();
    await database?.drop();
    await rm(dataDir, { recursive: true, force: true });
  });

  /** Lines of the log that are about a trace. */
  const logOf = (traceId: string): Record<string, unknown>[] =>
    system
      .output()
      .split("\n")
      .flatMap((line) => /\{.*\}/.exec(line)?.[0] ?? [])
      .filter((line) => line.includes(`"traceId":"${traceId}"`))
      .map((line) => JSON.parse(line));

  const traceOf = async (requestId: string): Promise<string> => {
    const line = await system.printed(new RegExp(`"event":"http_request".*"requestId":"${requestId}"`));
    return /"traceId":"([0-9a-f]{32})"/.exec(line)?.[1] ?? assert.fail(line);
  };

  it("makes one trace of a registration, with every hop of it, to which the gateway's line leads", async () => {
    const headers = { "x-request-id": "the-registration", prefer: "wait=8" };
    const { status, body } = await system.client("POST", "/api/v1/auth/register", { body: somebody(), headers });
    assert.equal(status, 201);
    const traceId = await traceOf("the-registration");
    const isOfTrace = (span: CollectedSpan) => span.traceId === traceId;
    await collector.until("end of the trace", (spans) =>
      registrationTrace
        .split("\n")
        .every((line) => spans.some((span) => isOfTrace(span) && line.endsWith(shown(span)))),
    );
    const trace = collector.spans.filter(isOfTrace);
    assert.equal(treeOfHops(trace), registrationTrace);
    assert.deepEqual(trace.filter(({ failed }) => failed).map(shown), []);
    const inside = trace.filter(({ kind }) => kind === "internal").map(({ name }) => name);
    assert.deepEqual([...new Set(inside)].sort(), ["hash password", "transaction"]);

    // Each process prints its lines in its own time.
    for (const queue of ["auth_commands", "user_commands", "auth_user_events"]) {
      await system.printed(new RegExp(`"message_consumed".*"${queue}".*${traceId}`));
    }
    const lines = logOf(traceId);
    assert.deepEqual([...new Set(lines.map(({ role }) => role))].sort(), [
      "auth-api",
      "auth-worker",
      "gateway",
      "users-worker",
    ]);
    const saga = lines.filter(({ event }) => event === "registration");
    assert.deepEqual(
      saga.map(({ registrationId, state }) => [registrationId, state]),
      ["ACCEPTED", "CREATING", "COMPLETED"].map((state) => [body.registration.id, state]),
    );
    const consumed = lines.filter(({ event }) => event === "message_consumed").map(({ queue }) => queue);
    assert.deepEqual(consumed.sort(), ["auth_commands", "auth_user_events", "user_commands"]);
  });

  it("goes on with the client's trace, and records it only where the client does", async () => {
    const traceIds = ["0af7651916cd43dd8448eb211c80319c", "0af7651916cd43dd8448eb211c80319d"];
    const [unsampled = "", sampled = ""] = traceIds;
    const ask = async (traceparent: string) => {
      const headers = { traceparent, "x-request-id": traceparent };
      await system.client("POST", "/api/v1/auth/validate-token", { body: { accessToken: "none" }, headers });
      return await traceOf(traceparent);
    };
    const asked = [await ask(`00-${unsampled}-b7ad6b7169203331-00`), await ask(`00-${sampled}-b7ad6b7169203331-01`)];
    assert.deepEqual(asked, traceIds);
    const isServed = ({ kind, traceId }: CollectedSpan) => kind === "server" && traceId === sampled;
    await collector.until("sampled call", (spans) => spans.filter(isServed).length === 2);
    const [first] = collector.spans.filter((span) => isServed(span) && span.service === "gateway");
    assert.equal(first?.parentSpanId, "b7ad6b7169203331");
    assert.deepEqual(
      collector.spans.filter(({ traceId }) => traceId === unsampled),
      [],
    );
  });

  it("says why a call failed, and tells a refusal from a failure", async () => {
    const headers = { "x-request-id": "a-wrong-password" };
    const body = { email: "nobody@example.com", password: "a guess that is wrong" };
    assert.equal((await system.client("POST", "/api/v1/auth/login", { body, headers })).status, 401);
    const traceId = await traceOf("a-wrong-password");
    await collector.until("three hops", (spans) => spans.filter((span) => isHop(span, traceId)).length === 3);
    const outcome = Object.fromEntries(
      collector.spans
        .filter((span) => isHop(span, traceId))
        .map(({ service, kind, failed, attributes }) => [`${service} ${kind}`, { failed, ...attributes }]),
    );
    const rpc = { "rpc.system.name": "grpc", "rpc.method": `${auth}/Login` };
    const refused = { ...rpc, "rpc.response.status_code": "UNAUTHENTICATED", "error.type": "INVALID_CREDENTIALS" };
    assert.deepEqual(outcome, {
      "gateway server": {
        failed: false,
        "http.request.method": "POST",
        "http.route": "/api/v1/auth/login",
        "http.response.status_code": 401,
      },
      "gateway client": { failed: true, ...refused },
      "auth-api server": { failed: false, ...refused },
    });
  });

  it("tells spans and logs nothing that a person entered, and no token", async () => {
    const person = await system.client.register({ name: "Canary Name", password: "canary password of a person" });
    const { accessToken, refreshToken } = person.tokens;
    const headers = { authorization: `Bearer ${accessToken}`, "user-agent": "CanaryBrowser/1.0" };
    await system.client("GET", `/api/v1/users/${person.userId}?canary=query`, { headers });
    const refreshed = await system.client("POST", "/api/v1/auth/refresh", { body: { refreshToken } });
    await system.client("POST", "/api/v1/auth/login", {
      body: { email: person.email, password: "canary guess, wrong" },
    });
    await system.client("POST", "/api/v1/auth/password/forgot", { body: { email: person.email } });
    const last = { "x-request-id": "after-the-canaries" };
    await system.client("POST", "/api/v1/auth/logout", { headers: { ...headers, ...last } });
    const traceId = await traceOf("after-the-canaries");
    await collector.until("the last call", (spans) => spans.filter((span) => isHop(span, traceId)).length === 3);
    const told = `${collector.received()}\n${system.output()}`;
    const secrets = [
      person.email,
      person.name,
      person.password,
      accessToken,
      refreshToken,
      refreshed.body.tokens.refreshToken,
    ];
    for (const secret of [...secrets, "canary"]) {
      assert.ok(!told.toLowerCase().includes(String(secret).toLowerCase()), `tells ${secret}`);
    }
  });

  for (const role of ["users-api", "users-worker", "auth-api", "auth-worker", "gateway"]) {
    it(`exports of ${role} what the list of metrics has, and nothing else`, async () => {
      const text = await (await fetch(`${await managementUrl(role)}/metrics`)).text();
      const names = [...text.matchAll(/^# TYPE (limen_\w+) (\w+)$/gm)].map(([, name, type]) => `${type} ${name}`);
      const expected = Object.entries(metrics).filter(([, { roles }]) => roles.includes(role));
      assert.deepEqual(names.sort(), expected.map(([name, { type }]) => `${type} ${name}`).sort());
      for (const name of processMetrics) assert.match(text, new RegExp(`^${name}\\{role="${role}"\\} \\d`, "m"));
      for (const [, series = "", given = ""] of text.matchAll(/^(limen_\w+)\{(.*)\} \S+$/gm)) {
        const known = exported.get(series) ?? assert.fail(`${series} is not on the list`);
        for (const [, label = "", value = ""] of given.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
          assert.ok(label in known, `${series} has no label ${label}`);
          assert.ok(known[label]?.includes(value) ?? true, `${series}: ${label} is never ${value}`);
        }
      }
    });
  }

  it("changes the level of its log while it runs, and says so", async () => {
    const url = `${await managementUrl("users-worker")}/log-level`;
    const put = async (body: string) => {
      const answer = await fetch(url, { method: "PUT", body });
      return [answer.status, (await answer.text()).trim()];
    };
    assert.equal((await (await fetch(url)).text()).trim(), "info");
    assert.deepEqual(await put("loud"), [400, "one of debug, info, warn, error"]);
    assert.deepEqual(await put("error"), [200, "error"]);
    const quiet = await system.client.register();
    await put("info");
    await system.printed(/"role":"users-worker".*"log_level_changed".*"from":"error","to":"info"/);
    const loud = await system.client.register();
    const linesOf = ({ registrationId }: { registrationId: string }) =>
      new RegExp(`"role":"users-worker".*"message_consumed".*${registrationId}`);
    await system.printed(linesOf(loud));
    assert.doesNotMatch(system.output(), linesOf(quiet));
  });

  /** Each role takes the next free port from MANAGEMENT_PORT on, and says in its metrics which one it is. */
  async function managementUrl(role: string): Promise<string> {
    const first = Number(system.env.MANAGEMENT_PORT);
    for (let port = first; port < first + 20; port++) {
      const url = `http://127.0.0.1:${port}`;
      const text = await fetch(`${url}/metrics`).then(
        (answer) => answer.text(),
        () => "",
      );
      if (text.includes(`limen_ready{role="${role}"} 1`)) return url;
    }
    return assert.fail(`${role} is nowhere`);
  }
});

const isHop = ({ traceId, kind }: CollectedSpan, id: string): boolean => traceId === id && kind !== "internal";

/** Messages are sent by the relay of whichever role of the service is first to see them. */
const shown = ({ service, kind, name }: CollectedSpan): string =>
  `${kind === "producer" ? service.replace(/-(api|worker)$/, "") : service} ${kind} ${name}`;

/** Each hop below the one that it follows from, through what happened inside of that; at the left, what follows from none. */
function treeOfHops(spans: readonly CollectedSpan[]): string {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  function hopBefore({ parentSpanId }: CollectedSpan): CollectedSpan | undefined {
    const parent = byId.get(parentSpanId);
    return parent?.kind === "internal" ? hopBefore(parent) : parent;
  }
  const hops = spans.filter(({ kind }) => kind !== "internal");
  const after = (before: CollectedSpan | undefined, indent: string): string[] =>
    hops
      .filter((hop) => hopBefore(hop) === before)
      .flatMap((hop) => [indent + shown(hop), ...after(hop, `${indent}  `)]);
  return after(undefined, "").join("\n");
}
