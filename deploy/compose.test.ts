import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { parse } from "yaml";
import { z } from "zod";
import { composeProblems, environmentOf, interpolate, parseCompose } from "./checks/compose.ts";
import { roles } from "./checks/roles.ts";

interface BrokerDefinitions {
  readonly users: readonly { readonly name: string; readonly password: string; readonly tags: readonly string[] }[];
  readonly permissions: readonly {
    readonly user: string;
    readonly configure: string;
    readonly write: string;
    readonly read: string;
  }[];
}

describe("compose.yaml", () => {
  let text: string;
  before(async () => {
    text = await readFile(join(import.meta.dirname, "compose.yaml"), "utf8");
  });

  it("keeps every rule", () => {
    assert.deepEqual(composeProblems(text), []);
  });

  it("requires exactly the variables that .env.example asks for, and suggests no value", async () => {
    const example = await readFile(join(import.meta.dirname, ".env.example"), "utf8");
    const lines = example.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    for (const line of lines) assert.match(line, /^\w+=$/);
    const required = [...text.matchAll(/\$\{(\w+):\?/g)].map(([, variable]) => variable);
    assert.deepEqual(new Set(required), new Set(lines.map((line) => line.slice(0, -1))));
  });

  it("has a mailbox to try it out, which only the auth worker reaches, by the address that .env.example gives", async () => {
    const example = await readFile(join(import.meta.dirname, ".env.example"), "utf8");
    const { services } = parseCompose(text);
    const url = new URL(/mailbox: (smtp:\S+)/.exec(example)?.[1] ?? "");
    const mailbox = services[url.hostname];
    assert.deepEqual([mailbox?.profiles, mailbox?.networks, url.port], [["mailbox"], ["mail"], "1025"]);
    const reaching = Object.entries(services).filter(([, { networks }]) => networks?.includes("mail"));
    assert.deepEqual(
      reaching.map(([name]) => name),
      ["auth-worker", "mailbox"],
    );
  });

  it("security 32: gives each service a broker user that reads its own queues alone", () => {
    const { users, permissions } = definitions(text);
    assert.deepEqual(
      users.map(({ name, password, tags }) => [name, password, tags]),
      [
        ["limen-users", "s3cretUsers", []],
        ["limen-auth", "s3cretAuth", []],
      ],
    );
    const queues = ["user_commands", "auth_commands", "auth_user_events"].flatMap((q) => [
      q,
      `${q}.retry`,
      `${q}.dead`,
    ]);
    const reach = (user: string, act: "configure" | "write" | "read") => {
      const permission = permissions.find((candidate) => candidate.user === user);
      assert.ok(permission);
      return queues.filter((queue) => new RegExp(permission[act]).test(queue));
    };
    for (const act of ["configure", "write", "read"] as const) {
      assert.deepEqual(reach("limen-users", act), queues.slice(0, 3));
      assert.deepEqual(reach("limen-auth", act), queues.slice(3));
    }
    for (const { user, write } of permissions) {
      assert.ok(!new RegExp(write).test("amq.default"), `${user} may write to every queue by its name`);
    }
  });

  it("sends the spans of every role to its collector where that runs, to another one if told so, else nowhere", async () => {
    const { services } = parseCompose(text);
    const collector = await observability("otel-collector.yaml", collectorConfig);
    const [, port] = collector.receivers.otlp.protocols.http.endpoint.split(":");
    const elsewhere = "https://traces.example.com";
    for (const role of Object.keys(roles)) {
      const endpoint = (answers: Record<string, string>) =>
        environmentOf(services[role] ?? {}, answers, {}).get("OTEL_EXPORTER_OTLP_ENDPOINT");
      assert.equal(endpoint({}), undefined);
      const [profile = ""] = services["otel-collector"]?.profiles ?? [];
      assert.equal(endpoint({ COMPOSE_PROFILES: profile }), `http://otel-collector:${port}`);
      assert.equal(endpoint({ COMPOSE_PROFILES: profile, OTEL_EXPORTER_OTLP_ENDPOINT: elsewhere }), elsewhere);
    }
  });

  it("mounts Grafana's dashboards where Grafana is told to look, and its sources are services", async () => {
    const { services } = parseCompose(text);
    const { providers } = await observability("grafana/provisioning/dashboards.yaml", dashboardProviders);
    for (const { path } of providers.map(({ options }) => options)) {
      assert.ok(services.grafana?.volumes?.includes(`./observability/grafana/dashboards:${path}:ro`), path);
    }
    const { datasources } = await observability("grafana/provisioning/datasources.yaml", dataSources);
    for (const { url } of datasources) assert.ok(new URL(url).hostname in services, url);
  });

  const mistakes: [name: string, from: string | RegExp, to: string, complaint: RegExp][] = [
    ["a missing role", /^ {2}auth-worker:/m, "  auth-wroker:", /auth-worker: has no service/],
    [
      "another role's command",
      "command: [users-worker]",
      "command: [users-api]",
      /users-worker: is started as users-api/,
    ],
    [
      "roles that do not wait",
      "service_completed_successfully",
      "service_started",
      /gateway: starts before the migration/,
    ],
    [
      "a previous secret by default",
      "KEY_ENCRYPTION_KEY_PREVIOUS:-}",
      "KEY_ENCRYPTION_KEY_PREVIOUS:-c2VjcmV0}",
      /KEY_ENCRYPTION_KEY_PREVIOUS:-c2VjcmV0.*: a secret/,
    ],
    ["a secret with a default", "KEY_ENCRYPTION_KEY:?", "KEY_ENCRYPTION_KEY:-", /KEY_ENCRYPTION_KEY:-.*: a secret/],
    [
      "a bare secret",
      /\$\{USERS_AMQP_PASSWORD:\?\}@/,
      "$USERS_AMQP_PASSWORD@",
      /users-api: USERS_AMQP_URL holds a password/,
    ],
    [
      "a literal password",
      /\$\{AUTH_DATABASE_PASSWORD:\?\}@/,
      "secret@",
      /auth-api: AUTH_DATABASE_URL is a literal secret/,
    ],
    ["a writable root", "read_only: true", "read_only: false", /gateway: can write/],
    ["capabilities", "cap_drop: [ALL]", "cap_drop: [NET_RAW]", /gateway: keeps capabilities/],
    ["a way to privileges", "no-new-privileges:true", "label:disable", /may gain privileges/],
    ["no limits", /limits: \{ cpus: "1"[^}]*\}/, "reservations: {}", /users-worker: has no limits/],
    ["too little time to stop", "stop_grace_period: 30s", "stop_grace_period: 10s", /too little time to stop/],
    ["a health that is not readiness", "healthcheck, readyz", "healthcheck, livez", /its health is not its readiness/],
    [
      "a published database",
      "networks: [data]",
      "networks: [data]\n    ports: ['5432:5432']",
      /postgres: publishes a port/,
    ],
    ["a network with a way out", "data: { internal: true }", "data: {}", /network data: must be internal/],
    ["a gateway that reaches the data", "[edge, services]", "[edge, services, data]", /gateway: joins edge and data/],
    ["a database with a way out", "networks: [data]", "networks: [data, mail]", /postgres: joins mail/],
    ["a moving image tag", "image: postgres:18", "image: postgres", /postgres: image postgres has no fixed tag/],
    [
      "users' secrets in auth",
      "<<: [*common, *auth]\n",
      "<<: [*common, *auth, *users]\n",
      /auth-worker: USERS_DATABASE_URL is none/,
    ],
    ["a misspelt setting", "  JWKS_URL:", "  JWKS:", /users-api: JWKS is read by nobody/],
    ["a missing setting", /^ {6}MAIL_FROM:.*\n/m, "", /auth-worker: MAIL_FROM: is required in production/],
    [
      "a file that is not there",
      "otel-collector.yaml:/etc",
      "collector.yaml:/etc",
      /otel-collector: mounts .*\/collector.yaml, which is not there/,
    ],
    [
      "a file that has another name in the container",
      "--config.file=/etc/prometheus/prometheus.yaml",
      "--config.file=/etc/prometheus/prometheus.yml",
      /prometheus: is told of .*prometheus.yml, where nothing is/,
    ],
    ["a file that is mounted elsewhere", "target: /etc/tempo.yaml", "target: /tempo.yaml", /tempo: is told of \/etc/],
    ["a volume that nobody declares", /^ {2}tempo: \{\}\n/m, "", /tempo: mounts tempo, which is not there/],
    ["a config that nobody declares", "source: broker-users", "source: users", /rabbitmq: mounts the config users,/],
    [
      "a collector that a worker cannot reach",
      /(config.yaml\]\n {4}networks: )\[services, data\]/,
      "$1[services]",
      /users-worker: shares no network with otel-collector/,
    ],
    [
      "a collector by no URL",
      "+http://otel-collector:4318",
      "+otel-collector:4318",
      /gateway: OTEL_EXPORTER_OTLP_ENDPOINT: /,
    ],
    ["a setting that is refused", '"50051"', '"http"', /users-api: USERS_GRPC_PORT: /],
  ];
  for (const [name, from, to, complaint] of mistakes) {
    it(`is refused with ${name}`, () => {
      const spoilt = text.replace(from, to);
      assert.notEqual(spoilt, text, "nothing was planted");
      assert.match(composeProblems(spoilt).join("\n"), complaint);
    });
  }
});

const collectorConfig = z.object({
  receivers: z.object({
    otlp: z.object({ protocols: z.object({ http: z.object({ endpoint: z.string() }) }) }),
  }),
});
const dashboardProviders = z.object({
  providers: z.array(z.object({ options: z.object({ path: z.string() }) })).nonempty(),
});
const dataSources = z.object({ datasources: z.array(z.object({ url: z.url() })).nonempty() });

async function observability<Schema extends z.ZodType>(name: string, schema: Schema): Promise<z.output<Schema>> {
  return schema.parse(parse(await readFile(join(import.meta.dirname, "observability", name), "utf8")));
}

function definitions(compose: string): BrokerDefinitions {
  const content = parseCompose(compose).configs["broker-users"]?.content ?? "";
  return JSON.parse(interpolate(content, { USERS_AMQP_PASSWORD: "s3cretUsers", AUTH_AMQP_PASSWORD: "s3cretAuth" }));
}
