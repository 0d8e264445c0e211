import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, copyFile, mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import pg from "pg";
import { interpolate } from "../deploy/checks/compose.ts";
import { freePort } from "../deploy/local/ports.ts";
import { type PrivateRabbitMq, startPrivateRabbitMq } from "../deploy/local/private-rabbitmq.ts";
import { waitUntilReady } from "../deploy/local/readiness.ts";
import { createTestAuthority } from "../services/platform/rpc/certificates.fixture.ts";
import { createClient } from "./support/client.ts";
import { type MailServer, startMailServer } from "./support/mail-server.ts";
import { createTestDatabase, type TestDatabase } from "./support/postgres.ts";
import {
  buildProductionImage,
  type Container,
  composeSettings,
  type ProductionImage,
} from "./support/production-image.ts";
import { breachedPasswords, suiteSettings } from "./system/settings.ts";
import { systemSuites } from "./system/suites.ts";
import type { System } from "./system/system.ts";

const roles = ["users-api", "users-worker", "auth-api", "auth-worker", "gateway"] as const;
type Role = (typeof roles)[number];
const secret = () => randomBytes(24).toString("hex");

describe("Limen as its image runs it, in production and with mutual TLS", () => {
  let directory: string;
  let image: ProductionImage;
  let database: TestDatabase;
  let broker: PrivateRabbitMq;
  let mailServer: MailServer;
  let containers: Container[];
  let settings: Record<Role | "migrate", Record<string, string>>;
  let system: System;
  const databaseRoles = { users: `limen_users_${secret().slice(0, 8)}`, auth: `limen_auth_${secret().slice(0, 8)}` };

  before(async () => {
    containers = [];
    directory = await mkdtemp(join(tmpdir(), "limen-certificates-"));
    await chmod(directory, 0o755);
    await issueCertificates();
    [image, database, broker, mailServer] = await Promise.all([
      buildProductionImage(),
      createTestDatabase(),
      startPrivateRabbitMq(),
      startSecureMailServer(),
    ]);
    const ports = await choosePorts();
    settings = await containerSettings(ports);
    assert.match(await image.run(["migrate"], settings.migrate), /^made .*-users, /);
    containers = roles.map((role) => image.start(role, settings[role]));
    const signal = AbortSignal.timeout(90_000);
    await Promise.all(
      roles.map((name) => waitUntilReady({ name, managementPort: Number(settings[name].MANAGEMENT_PORT) }, { signal })),
    ).catch((error) => {
      throw new Error(containers.map(({ name, output }) => `${name}: ${output()}`).join("\n"), { cause: error });
    });
    system = describeSystem(ports);
  });
  after(async () => {
    await Promise.all(containers.map((container) => container.stop()));
    await image?.remove();
    await broker?.stop();
    await mailServer?.close();
    await dropDatabase();
    await rm(directory, { recursive: true, force: true });
  });

  systemSuites(() => system);

  it("answers its own health check", async () => {
    for (const role of roles) {
      const { MANAGEMENT_PORT = "" } = settings[role];
      for (const question of ["livez", "readyz"]) await image.run(["healthcheck", question], { MANAGEMENT_PORT });
    }
  });

  it("runs as nobody of note, where nothing can be written", async () => {
    for (const { pid } of containers) {
      const user = execFileSync("ps", ["-o", "uid=", "-p", String(pid)], { encoding: "utf8" });
      assert.ok(Number(user) > 0, `user ${user}`);
    }
    for (const path of ["", "dist", "dist/limen.js", "node_modules", "node_modules/pg/package.json"]) {
      assert.equal((await stat(join(image.workdir, path))).mode & 0o222, 0, path);
    }
  });

  it("stops at SIGTERM, each role by itself, without an error", async () => {
    for (const container of containers.toReversed()) {
      assert.equal(await container.stop(), 0, container.output());
      assert.doesNotMatch(container.output(), /EROFS|EACCES|Warning:/, container.name);
    }
  });

  /** Everybody who speaks gRPC, the mail server, and this test as a service of the user's own. */
  async function issueCertificates(): Promise<void> {
    const authority = createTestAuthority();
    const names: Record<string, readonly string[]> = {
      "users-api": ["localhost", "spiffe://limen/users-api"],
      "auth-api": ["localhost"],
      gateway: ["spiffe://limen/gateway"],
      test: ["spiffe://limen/test"],
      mail: ["localhost"],
    };
    for (const [name, identities] of Object.entries(names)) {
      await authority.issueInto(join(directory, name), identities);
    }
  }

  async function startSecureMailServer(): Promise<MailServer> {
    const [key, cert] = await Promise.all(
      ["tls.key", "tls.crt"].map((file) => readFile(join(directory, "mail", file))),
    );
    return startMailServer({ disabledCommands: [], ...(key && cert ? { key, cert } : {}) });
  }

  async function choosePorts() {
    const [gateway, usersGrpc, usersHttp, authGrpc, authHttp] = await Promise.all(Array.from({ length: 5 }, freePort));
    return { gateway, usersGrpc, usersHttp, authGrpc, authHttp } as System["ports"] & { gateway: number };
  }

  /** What Compose gives each container, but where this machine is another place, and certificates for secrets. */
  async function containerSettings(ports: Awaited<ReturnType<typeof choosePorts>>): Promise<typeof settings> {
    const compose = await composeSettings();
    const answers = {
      PUBLIC_URL: `http://127.0.0.1:${ports.gateway}`,
      MAIL_FROM: "Limen <no-reply@limen.example.com>",
      SMTP_URL: mailServer.url.replace("127.0.0.1", "localhost"),
      KEY_ENCRYPTION_KEY: randomBytes(32).toString("base64"),
      USERS_AMQP_PASSWORD: secret(),
      AUTH_AMQP_PASSWORD: secret(),
      ...suiteSettings,
      BREACHED_PASSWORDS: join(directory, "breached-passwords.txt"),
    };
    await copyFile(breachedPasswords, answers.BREACHED_PASSWORDS);
    await broker.importDefinitions(interpolate(compose.configs["broker-users"]?.content ?? "", answers));
    const amqpUrl = (user: string, password: string) => broker.url.replace("guest:guest", `${user}:${password}`);
    const databaseUrl = (role: string) => {
      const url = new URL(database.url);
      [url.username, url.password] = [role, secret()];
      return url.href;
    };
    const users = {
      USERS_DATABASE_URL: databaseUrl(databaseRoles.users),
      USERS_AMQP_URL: amqpUrl("limen-users", answers.USERS_AMQP_PASSWORD),
    };
    const auth = {
      AUTH_DATABASE_URL: databaseUrl(databaseRoles.auth),
      AUTH_AMQP_URL: amqpUrl("limen-auth", answers.AUTH_AMQP_PASSWORD),
    };
    const targets = {
      USERS_GRPC_TARGET: `dns:///localhost:${ports.usersGrpc}`,
      AUTH_GRPC_TARGET: `dns:///localhost:${ports.authGrpc}`,
      JWKS_URL: "",
      SERVICE_CREDENTIALS: "",
    };
    const peers = "gateway=spiffe://limen/gateway,users=spiffe://limen/users-api,test=spiffe://limen/test";
    const saga = { SAGA_ANSWER_TIMEOUTS: "1s,2s,5s", RETRY_DELAY: "200ms" };
    const usersPorts = { USERS_GRPC_PORT: String(ports.usersGrpc), USERS_HTTP_PORT: String(ports.usersHttp) };
    const authPorts = { AUTH_GRPC_PORT: String(ports.authGrpc), AUTH_HTTP_PORT: String(ports.authHttp) };
    const tls = (role: Role) => ({ TLS_DIR: join(directory, role), TLS_PEERS: peers });
    const overrides: typeof settings = {
      migrate: { ...users, ...auth, MIGRATIONS_DATABASE_URL: database.url },
      "users-api": { ...users, ...targets, ...usersPorts, ...saga, ...tls("users-api") },
      "users-worker": { ...users, ...saga },
      "auth-api": { ...auth, ...authPorts, ...saga, ...tls("auth-api"), SERVICE_CREDENTIALS: "" },
      "auth-worker": { ...auth, ...saga, NODE_EXTRA_CA_CERTS: join(directory, "mail/ca.crt") },
      gateway: { ...targets, ...tls("gateway"), PORT: String(ports.gateway) },
    };
    for (const [name, own] of Object.entries(overrides)) {
      const management = { MANAGEMENT_PORT: String(await freePort()), HOST: "127.0.0.1" };
      Object.assign(own, compose.environment(name, answers, { ...own, ...management }));
    }
    return overrides;
  }

  function describeSystem(ports: Awaited<ReturnType<typeof choosePorts>>): System {
    const url = `http://127.0.0.1:${ports.gateway}`;
    const file = (name: string) => join(directory, "test", name);
    const env = { ...settings["users-api"], ...settings["auth-api"] };
    return {
      url,
      ports,
      client: createClient(url),
      mails: async () => mailServer.mails,
      grpc: {
        origin: "https://localhost",
        flags: ["--cacert", file("ca.crt"), "--cert", file("tls.crt"), "--key", file("tls.key")],
        reflection: false,
      },
      env: { DATABASE_URL: database.url },
      ops: (...args) => image.run(["ops", ...args], env),
    };
  }

  async function dropDatabase(): Promise<void> {
    await database?.drop();
    const client = new pg.Client({ connectionString: process.env.DATABASE_URL });
    await client.connect();
    for (const role of Object.values(databaseRoles)) await client.query(`drop role if exists ${role}`);
    await client.end();
  }
});
