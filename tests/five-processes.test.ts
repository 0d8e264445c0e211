import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import pg from "pg";
import { type PrivateRabbitMq, startPrivateRabbitMq } from "../deploy/local/private-rabbitmq.ts";
import { eventually, type Person, somebody } from "./support/client.ts";
import { type MailServer, startMailServer } from "./support/mail-server.ts";
import { type OtlpCollector, startOtlpCollector } from "./support/otlp-collector.ts";
import { createTestDatabase, type TestDatabase } from "./support/postgres.ts";
import { pidsOf } from "./support/role-pids.ts";
import { accessSuite } from "./system/access.ts";
import { canarySuite } from "./system/canary.ts";
import { type StartedSystem, startSystem } from "./system/start-system.ts";
import { systemSuites } from "./system/suites.ts";

const roles = ["users-api", "users-worker", "auth-api", "auth-worker", "gateway"];

describe("Limen in five processes, with RabbitMQ (npm run start:services)", () => {
  let dataDir: string;
  let database: TestDatabase;
  let broker: PrivateRabbitMq;
  let mailServer: MailServer;
  let collector: OtlpCollector;
  let system: StartedSystem;
  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "limen-five-"));
    [database, broker, mailServer, collector] = await Promise.all([
      createTestDatabase(),
      startPrivateRabbitMq(),
      startMailServer(),
      startOtlpCollector(),
    ]);
    system = await startSystem(
      "deploy/local/start-services.ts",
      {
        DATA_DIR: dataDir,
        DATABASE_URL: database.url,
        AMQP_URL: broker.url,
        SMTP_URL: mailServer.url,
        SAGA_ANSWER_TIMEOUTS: "1s,2s,5s",
        RETRY_DELAY: "200ms",
        // Whatever a process could print or tell is looked through for secrets.
        LOG_LEVEL: "debug",
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      },
      mailServer,
    );
  });
  after(async () => {
    await system?.stop();
    await broker?.stop();
    await mailServer?.close();
    await collector?.close();
    await database?.drop();
    await rm(dataDir, { recursive: true, force: true });
  });

  systemSuites(() => system);
  accessSuite(() => system);
  canarySuite(
    () => system,
    () => ({ databaseUrl: database.url, broker, dataDir, output: system.output, collector }),
  );

  for (const role of roles) {
    it(`loses and doubles nothing when ${role} is killed during 200 registrations`, async () => {
      const people = Array.from({ length: 200 }, somebody);
      let killed = 0;
      const answers = await inParallel(8, people, async (person, index) => {
        if (index === 50 || index === 120) killed += killRole(role, system);
        return register(person);
      });
      assert.equal(killed, 2);
      assert.deepEqual([...new Set(answers)], ["acknowledged"]);
      await inParallel(4, people, ({ email, password }) =>
        eventually(
          () => system.client("POST", "/api/v1/auth/login", { body: { email, password } }),
          ({ status }) => status === 200,
        ),
      );
      const emails = people.map(({ email }) => email);
      const [users, accounts, open] = await Promise.all([
        count(`select count(*) from users.users where email = any($1)`, [emails]),
        count(`select count(*) from auth.accounts where email = any($1) and status = 'ACTIVE'`, [emails]),
        count(`select count(*) from auth.registrations where state not in ('COMPLETED', 'REJECTED', 'FAILED')`, []),
      ]);
      assert.deepEqual([users, accounts, open], [200, 200, 0]);
    });
  }

  it("stops in order at Ctrl-C, and leaves no process behind", async () => {
    const pids = roles.flatMap((role) => pidsOf(role, system.process));
    assert.equal(pids.length, 5);
    assert.equal(await system.stop(), 0);
    for (const pid of pids) assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
  });

  /** As a careful client does: the same key again until there is an answer. */
  async function register(person: Person): Promise<string> {
    const headers = { "idempotency-key": randomUUID() };
    const end = Date.now() + 60_000;
    for (;;) {
      const status = await system.client("POST", "/api/v1/auth/register", { body: person, headers }).then(
        (answer) => answer.status,
        () => 0,
      );
      if (status === 201 || status === 202) return "acknowledged";
      if (status !== 0 && status < 500) return `refused with ${status}`;
      if (Date.now() > end) return `no answer but ${status}`;
    }
  }

  async function count(query: string, values: unknown[]): Promise<number> {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    try {
      return Number((await client.query(query, values)).rows[0].count);
    } finally {
      await client.end();
    }
  }
});

function killRole(role: string, system: StartedSystem): number {
  const pids = pidsOf(role, system.process);
  for (const pid of pids) process.kill(pid, "SIGKILL");
  return pids.length;
}

async function inParallel<T, R>(
  width: number,
  items: readonly T[],
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      const item = items[index];
      if (item !== undefined) results[index] = await work(item, index);
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
  return results;
}
