import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import pg from "pg";
import { createTestDatabase } from "../../../tests/support/postgres.ts";
import { type Database, openDatabase } from "../database/database.ts";
import { messagingTables } from "../database/messaging-tables.ts";
import { createTransactions } from "../database/transactions.ts";
import { createLog } from "../log.ts";
import type { Envelope } from "./message.ts";
import { startMessagesMonitor } from "./messages-monitor.ts";
import { outboxAge, outboxRows } from "./messaging-metrics.ts";
import { addToOutbox } from "./outbox.ts";
import { startOutboxRelay } from "./outbox-relay.ts";

const log = createLog("silent", "test");
const schema = "relay";

let db: Database;
let drop: () => Promise<void>;
before(async () => {
  const database = await createTestDatabase();
  drop = database.drop;
  db = await openDatabase({ url: database.url, entities: [], applicationName: "relay test", poolSize: 10, log });
  await db.pool.query(`create schema ${schema}; ${messagingTables(schema)}`);
});
after(async () => {
  await db.close();
  await drop();
});

const envelope = (): Envelope => ({
  id: randomUUID(),
  type: "limen.test.Happened",
  source: "test",
  subject: "s",
  time: new Date("2026-01-01T00:00:00Z"),
  traceparent: "",
  data: { name: "Ünï ✓" },
  exchange: "limen.events",
  routingKey: "limen.test.Happened",
  mandatory: false,
});

const write = (...envelopes: Envelope[]) => createTransactions(db).run((em) => addToOutbox(em, schema, envelopes));
const leaveToRelays = () => db.pool.query(`update ${schema}.outbox set not_before = now()`);
/** As a process leaves it that dies after its commit, and a while later. */
async function keep(...envelopes: Envelope[]): Promise<void> {
  await write(...envelopes);
  await leaveToRelays();
}
const rowsLeft = async (): Promise<number> =>
  Number((await db.pool.query(`select count(*) as n from ${schema}.outbox`)).rows[0].n);

/** A publisher that remembers what it was given, and lets the test decide what becomes of it. */
function recorder(decide: (batch: readonly Envelope[]) => Promise<Iterable<string>>) {
  const published: Envelope[] = [];
  const waiting: (() => void)[] = [];
  return {
    published,
    ready: () => true,
    async publish(batch: readonly Envelope[]) {
      published.push(...batch);
      const handedOver = new Set(await decide(batch));
      for (const resume of waiting.splice(0)) resume();
      return handedOver;
    },
    /** Resolves after the next batch. */
    batch: () => new Promise<void>((resolve) => waiting.push(resolve)),
  };
}
const all = async (batch: readonly Envelope[]) => batch.map(({ id }) => id);

for (const claim of ["lock", "lease"] as const) {
  describe(`outbox relay, claiming by ${claim}`, () => {
    const start = (publisher: ReturnType<typeof recorder>) =>
      startOutboxRelay({ pool: db.pool, schema, publisher, claim, log, pollMs: 60_000 });

    it("hands over what was committed, as it was, and deletes it", async () => {
      const sent = [envelope(), envelope(), envelope()];
      await keep(...sent);
      const publisher = recorder(all);
      const relay = start(publisher);
      await relay.stop();
      assert.deepEqual(publisher.published, sent);
      assert.equal(await rowsLeft(), 0);
    });

    it("hands over what this process commits, without a look into the outbox", async () => {
      const publisher = recorder(all);
      const relay = start(publisher);
      const batch = publisher.batch();
      const sent = [envelope(), envelope()];
      await write(...sent);
      relay.handOver(sent);
      await batch;
      await relay.stop();
      assert.deepEqual(publisher.published, sent);
      assert.equal(await rowsLeft(), 0);
    });

    it("leaves what was committed just now to the process that did it", async () => {
      await write(envelope());
      const publisher = recorder(all);
      await start(publisher).stop();
      assert.equal(publisher.published.length, 0);
      await leaveToRelays();
      await start(publisher).stop();
      assert.deepEqual([publisher.published.length, await rowsLeft()], [1, 0]);
    });

    it("keeps what it could not hand over from memory", async () => {
      const [good, bad] = [envelope(), envelope()];
      const publisher = recorder(async () => [good.id]);
      const relay = start(publisher);
      await write(good, bad);
      relay.handOver([good, bad]);
      await relay.stop();
      const { rows } = await db.pool.query(`select id, attempts from ${schema}.outbox`);
      assert.deepEqual(rows, [{ id: bad.id, attempts: 1 }]);
      await leaveToRelays();
      await start(recorder(all)).stop();
      assert.equal(await rowsLeft(), 0);
    });

    it("leaves to the relays what comes while the broker is away", async () => {
      const publisher = { ...recorder(all), ready: () => false };
      const relay = start(publisher);
      const sent = envelope();
      await write(sent);
      relay.handOver([sent]);
      await relay.stop();
      assert.deepEqual([publisher.published.length, await rowsLeft()], [0, 1]);
      await leaveToRelays();
      await start(recorder(all)).stop();
      assert.equal(await rowsLeft(), 0);
    });

    it("keeps what was not handed over, and tries it again later", async () => {
      const [good, bad] = [envelope(), envelope()];
      await keep(good, bad);
      let refuse = true;
      const publisher = recorder(async (batch) =>
        batch.filter(({ id }) => id !== bad.id || !refuse).map(({ id }) => id),
      );
      const first = start(publisher);
      await first.stop();
      assert.equal(await rowsLeft(), 1);
      const { rows } = await db.pool.query(`select attempts, not_before > now() as later from ${schema}.outbox`);
      assert.deepEqual(rows, [{ attempts: 1, later: true }]);
      refuse = false;
      await leaveToRelays();
      await start(publisher).stop();
      assert.equal(await rowsLeft(), 0);
    });

    it("shares the rows with another relay: each message goes once", async () => {
      const sent = Array.from({ length: 1_200 }, envelope);
      await keep(...sent);
      const publishers = [recorder(all), recorder(all)];
      await Promise.all(publishers.map((publisher) => start(publisher).stop()));
      const ids = publishers.flatMap(({ published }) => published.map(({ id }) => id));
      assert.deepEqual([ids.length, new Set(ids).size], [1_200, 1_200]);
      assert.equal(await rowsLeft(), 0);
    });
  });
}

describe("outbox monitor", () => {
  it("tells how much waits in the outbox, and since when", async () => {
    const tell = async () => {
      await startMessagesMonitor({ pool: db.pool, schema, log }).stop();
      const [rows, age] = await Promise.all([outboxRows.get(), outboxAge.get()]);
      const of = ({ values }: typeof rows) => values.find(({ labels }) => labels.schema === schema)?.value;
      return { rows: of(rows), age: of(age) };
    };
    assert.deepEqual(await tell(), { rows: 0, age: 0 });
    const time = new Date(Date.now() - 60_000);
    await keep({ ...envelope(), time }, { ...envelope(), time: new Date() });
    const { rows, age = 0 } = await tell();
    assert.equal(rows, 2);
    assert.ok(age >= 60 && age < 90, `${age} s`);
    await startOutboxRelay({ pool: db.pool, schema, publisher: recorder(all), claim: "lock", log }).stop();
    assert.deepEqual(await tell(), { rows: 0, age: 0 });
  });
});

describe("outbox relay whose process dies", () => {
  it("leaves its batch to another as soon as its connection is gone", async () => {
    await keep(envelope());
    // A relay that holds its locks and never comes back from the broker.
    const dying = new pg.Client({ connectionString: db.pool.options.connectionString, ...pgOptions() });
    await dying.connect();
    dying.on("error", () => undefined);
    await dying.query("begin");
    const { rows } = await dying.query(`select seq from ${schema}.outbox for update skip locked`);
    assert.equal(rows.length, 1);

    const publisher = recorder(all);
    const looked = Promise.withResolvers<void>();
    let looks = 0;
    const ready = () => {
      if (++looks === 3) looked.resolve();
      return true;
    };
    const relay = startOutboxRelay({
      pool: db.pool,
      schema,
      publisher: { ...publisher, ready },
      claim: "lock",
      log,
      pollMs: 20,
    });
    await looked.promise;
    assert.equal(publisher.published.length, 0);

    const batch = publisher.batch();
    const { rows: own } = await dying.query("select pg_backend_pid() as pid");
    const ended = new Promise((resolve) => dying.once("end", resolve));
    await db.pool.query("select pg_terminate_backend($1)", [own[0].pid]);
    await ended;
    await batch;
    await relay.stop();
    assert.equal(await rowsLeft(), 0);
  });
});

function pgOptions() {
  const { host, port, user, password, database } = db.pool.options;
  return { host, port, user, password, database };
}
