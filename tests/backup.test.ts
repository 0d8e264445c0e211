import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type PrivateRabbitMq, startPrivateRabbitMq } from "../deploy/local/private-rabbitmq.ts";
import { prepareDatabase } from "../deploy/ops/migrate.ts";
import { eventually, type Person, somebody } from "./support/client.ts";
import { dump, type LogicalDump, restore } from "./support/logical-dump.ts";
import { createTestDatabase, type TestDatabase } from "./support/postgres.ts";
import { pidsOf } from "./support/role-pids.ts";
import { type StartedSystem, startSystem } from "./system/start-system.ts";

/**
 * The worst day: database and broker are gone. What auth knew comes back from a backup that was made while people were
 * registering, what users knew from a later one, and the broker comes back empty.
 */
describe("Limen after a restore", () => {
  let dataDir: string;
  let broker: PrivateRabbitMq;
  let database: TestDatabase;
  let system: StartedSystem;
  const backup: { auth?: LogicalDump; users?: LogicalDump } = {};
  const inFlight = Array.from({ length: 5 }, somebody);
  const late = somebody();
  let settled: Awaited<ReturnType<StartedSystem["client"]["register"]>>;
  let suspended: typeof settled;

  const start = async () => {
    [database, broker] = await Promise.all([createTestDatabase(), startPrivateRabbitMq()]);
    const env = { DATA_DIR: dataDir, DATABASE_URL: database.url, AMQP_URL: broker.url, SAGA_ANSWER_TIMEOUTS: "1s,2s" };
    if (backup.auth !== undefined && backup.users !== undefined) {
      await prepareDatabase({ databaseUrl: database.url });
      await restore(database.url, backup.auth);
      await restore(database.url, backup.users);
    }
    system = await startSystem("deploy/local/start-services.ts", env);
  };
  const lose = async () => {
    await system?.stop();
    await broker?.stop();
    await database?.drop();
  };
  const login = ({ email, password }: Pick<Person, "email" | "password">) =>
    system.client("POST", "/api/v1/auth/login", { body: { email, password } });
  /** What was handed over leaves the outbox a moment later: a backup before that has it still, and it is sent again. */
  const isHandedOver = async (service: "auth" | "users") => {
    const rows = async () => JSON.parse(await system.ops("outbox", "--service", service, "--json")).outboxes[0].rows;
    await eventually(rows, (count) => count === 0);
  };
  const isIn = ({ status }: { status: number }) => status === 200;
  const isRefused = ({ status }: { status: number }) => status === 401;

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "limen-backup-"));
    await start();
    [settled, suspended] = [await system.client.register(), await system.client.register()];

    const [worker = 0] = pidsOf("users-worker", system.process);
    process.kill(worker, "SIGSTOP");
    const accepted: string[] = [];
    for (const body of inFlight) {
      const answer = await system.client("POST", "/api/v1/auth/register", { body, headers: { prefer: "wait=0" } });
      assert.equal(answer.status, 202);
      accepted.push(answer.body.registration.id);
    }
    // Their commands are in the broker, and nowhere else.
    for (const id of accepted) {
      await eventually(
        () => system.client("GET", `/api/v1/auth/registrations/${id}`),
        ({ body }) => body.registration.state === "CREATING",
      );
    }
    await isHandedOver("auth");
    backup.auth = await dump(database.url, ["auth"]);
    process.kill(worker, "SIGCONT");

    for (const person of inFlight.slice(0, 2)) await eventually(() => login(person), isIn);
    await system.client.register(late);
    await system.ops("roles", "grant", settled.email, "admin");
    const { accessToken } = await system.client.login(settled);
    const headers = { authorization: `Bearer ${accessToken}` };
    const suspension = await system.client("POST", `/api/v1/users/${suspended.userId}:suspend`, { body: {}, headers });
    assert.equal(suspension.status, 200);
    // The news has left users' outbox: it will not come out of the backup by itself.
    await eventually(() => login(suspended), isRefused);
    await isHandedOver("users");
    backup.users = await dump(database.url, ["users"]);

    await lose();
    await start();
  });
  after(async () => {
    await lose();
    await rm(dataDir, { recursive: true, force: true });
  });

  it("lets in who was in, with the session they had", async () => {
    assert.equal((await login(settled)).status, 200);
    const { refreshToken } = settled.tokens;
    assert.equal((await system.client("POST", "/api/v1/auth/refresh", { body: { refreshToken } })).status, 200);
  });

  it("completes the registrations whose commands were lost with the broker, whether users had decided or not", async () => {
    for (const person of inFlight) await eventually(() => login(person), isIn);
    assert.match(await system.ops("registrations", "stuck", "--older-than", "1s", "--json"), /"registrations":\s*\[\]/);
  });

  it("heals, by a word of the operator's, what auth missed of users", async () => {
    assert.equal((await login(suspended)).status, 200);
    await system.ops("users", "republish", "--all");
    await eventually(() => login(suspended), isRefused);
  });

  it("knows the one whom only users remembers as somebody who may set a password", async () => {
    assert.equal((await login(late)).status, 401);
    const again = await system.client("POST", "/api/v1/auth/register", { body: late, headers: { prefer: "wait=8" } });
    assert.deepEqual([again.status, again.body.reason], [409, "EMAIL_TAKEN"]);
    assert.match(await system.ops("outbox", "--json"), /"service":\s*"auth"/);
  });
});
