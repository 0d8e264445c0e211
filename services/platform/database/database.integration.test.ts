import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { after, before, beforeEach, describe, it } from "node:test";
import type { EntityManager } from "@mikro-orm/postgresql";
import pg from "pg";
import { createTestDatabase, type TestDatabase } from "../../../tests/support/postgres.ts";
import { DomainError } from "../errors.ts";
import { describeError, type Log } from "../log.ts";
import { type Database, openDatabase, preparedQuery } from "./database.ts";
import { postSql, sql } from "./open-transaction.ts";
import { createTransactions, type Transactions } from "./transactions.ts";

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };
const open = (url: string, applicationName = "limen-test") =>
  openDatabase({ url, entities: [], applicationName, poolSize: 4, log: silent });

const unavailable = (error: unknown): boolean => {
  assert.ok(error instanceof DomainError, describeError(error));
  assert.deepEqual([error.kind, error.reason], ["unavailable", "DEPENDENCY_UNAVAILABLE"]);
  assert.ok((error.retryAfterMs ?? 0) > 0);
  return true;
};

describe("the database", () => {
  let test: TestDatabase;
  let db: Database;
  let transactions: Transactions;
  let observer: pg.Client;

  before(async () => {
    test = await createTestDatabase();
    observer = new pg.Client({ connectionString: test.url });
    await observer.connect();
    await observer.query("create table counters (id integer primary key, n integer not null check (n < 1000))");
    db = await open(test.url);
    transactions = createTransactions(db);
  });
  after(async () => {
    await db.close();
    await observer.end();
    await test.drop();
  });
  beforeEach(async () => {
    await observer.query("truncate counters");
    await observer.query("insert into counters values (1, 0), (2, 0)");
  });

  const increment = (em: EntityManager, id: number) => sql(em, "update counters set n = n + 1 where id = $1", [id]);
  const counters = async (): Promise<number[]> =>
    (await observer.query<{ n: number }>("select n from counters order by id")).rows.map(({ n }) => n);
  const backends = async (): Promise<number[]> => {
    const { rows } = await observer.query<{ pid: number }>(
      "select pid from pg_stat_activity where application_name = 'limen-test' and datname = current_database()",
    );
    return rows.map(({ pid }) => pid);
  };
  /** Ends these server processes, and waits until they are gone. */
  const terminate = (pids: number[]) =>
    observer.query("select pg_terminate_backend(pid, 5000) from unnest($1::integer[]) as pid", [pids]);

  it("keeps what a transaction did, and answers with what it answered", async () => {
    const answer = await transactions.run(async (em) => {
      await increment(em, 1);
      return await sql<{ n: number }>(em, "select n from counters where id = $1", [1]);
    });
    assert.deepEqual(answer, [{ n: 1 }]);
    assert.deepEqual(await counters(), [1, 0]);
  });

  it("keeps nothing of a transaction that throws, and passes its error on", async () => {
    const bug = new Error("boom");
    const work = transactions.run(async (em) => {
      await increment(em, 1);
      throw bug;
    });
    await assert.rejects(work, bug);
    assert.deepEqual(await counters(), [0, 0]);
  });

  it("has a connection plan each statement once, and one that asks for every column each time", async () => {
    const everything = "select counters.* from counters where id = $1";
    const prepared = await transactions.run(async (em) => {
      await increment(em, 1);
      await increment(em, 2);
      await sql(em, everything, [1]);
      return await sql<{ statement: string }>(em, "select statement from pg_prepared_statements where not from_sql");
    });
    const texts = prepared.map(({ statement }) => statement);
    assert.equal(texts.filter((text) => text.startsWith("update counters")).length, 1);
    assert.ok(!texts.includes(everything));
    await observer.query("alter table counters add column later integer default 7");
    const after = await transactions.run((em) => sql<{ later: number }>(em, everything, [1]));
    assert.equal(after[0]?.later, 7);
    await observer.query("alter table counters drop column later");
  });

  it("keeps what one prepared statement did if its rows are right, and nothing of it if not", async () => {
    const add = (...values: number[]) =>
      transactions.runStatement<{ n: number }>(
        { text: "update counters set n = n + $1 where id = 1 returning n", values },
        (rows) => rows.length === 1 && rows.every(({ n }) => n < 10),
      );
    assert.deepEqual([await add(9), await add(2), await add(0)], [true, false, true]);
    assert.deepEqual(await counters(), [9, 0]);
    await assert.rejects(add(2_000), { code: "23514" });
    assert.deepEqual([await add(0), await counters()], [true, [9, 0]]);
  });

  it("does what nobody waits for before what is asked next, and before the commit", async () => {
    const seen = await transactions.run(async (em) => {
      postSql(em, "update counters set n = n + 1 where id = $1", [1]);
      postSql(em, "update counters set n = n * 3 where id = $1", [1]);
      const rows = await sql<{ n: number }>(em, "select n from counters where id = 1");
      postSql(em, "update counters set n = n + 4 where id = $1", [1]);
      return rows;
    });
    assert.deepEqual(seen, [{ n: 3 }]);
    assert.deepEqual(await counters(), [7, 0]);
  });

  it("keeps nothing of a transaction in which something fails that nobody waited for, and says what", async () => {
    for (const asksAfterwards of [false, true]) {
      const work = transactions.run(async (em) => {
        await increment(em, 2);
        postSql(em, "insert into counters values ($1, 4711)", [3]);
        postSql(em, "update counters set n = n + 1 where id = $1", [1]);
        if (asksAfterwards) await sql(em, "select 1");
      });
      await assert.rejects(work, { code: "23514" });
      assert.deepEqual(await counters(), [0, 0]);
    }
    assert.equal(db.pool.totalCount, db.pool.idleCount);
  });

  it("does not take for kept what the server has undone, though the work hides its failure", async () => {
    const work = transactions.run(async (em) => {
      await increment(em, 1);
      await assert.rejects(sql(em, "insert into counters values ($1, 4711)", [3]), { code: "23514" });
    });
    await assert.rejects(work, /ended with ROLLBACK/);
    assert.deepEqual(await counters(), [0, 0]);
  });

  it("uses its connection again after a transaction that throws", async () => {
    const pidOf = async (em: EntityManager) => await sql<{ pid: number }>(em, "select pg_backend_pid() as pid");
    const failed = Promise.withResolvers<{ pid: number }[]>();
    const work = transactions.run(async (em) => {
      failed.resolve(await pidOf(em));
      throw new Error("boom");
    });
    await assert.rejects(work, /boom/);
    assert.deepEqual(await transactions.run(pidOf), await failed.promise);
  });

  it("shows nobody what is not committed yet", async () => {
    await transactions.run(async (em) => {
      await increment(em, 1);
      assert.deepEqual(await counters(), [0, 0]);
    });
  });

  it("runs a transaction again that a deadlock ended, so that both are kept", async () => {
    const bothHaveOne = Promise.withResolvers<void>();
    let attempts = 0;
    const crossing = (first: number, second: number) =>
      transactions.run(async (em) => {
        await increment(em, first);
        attempts++;
        // Each holds one row and wants the other's; whoever runs again finds both gone on.
        if (attempts === 2) bothHaveOne.resolve();
        await bothHaveOne.promise;
        await increment(em, second);
      });
    // The server looks for deadlocks after a second by default, which is when a lock is given up here.
    await observer.query(`alter database ${observer.database} set deadlock_timeout = '50ms'`);
    await terminate(await backends());
    await Promise.all([crossing(1, 2), crossing(2, 1)]);
    // One that is slow to come back may meet the other once more.
    assert.ok(attempts >= 3);
    assert.deepEqual(await counters(), [2, 2]);
  });

  it("does not run a failed transaction again, and leaves its values out of what is logged", async () => {
    let attempts = 0;
    const work = transactions.run(async (em) => {
      attempts++;
      await sql(em, "insert into counters values ($1, 4711)", [3]);
    });
    await assert.rejects(work, (error) => {
      assert.match(describeError(error), /23514/);
      assert.doesNotMatch(describeError(error), /4711/);
      return !(error instanceof DomainError);
    });
    assert.equal(attempts, 1);
  });

  it("is unavailable to a transaction whose connection is lost, which kept nothing, and there for the next", async () => {
    const work = transactions.run(async (em) => {
      await increment(em, 1);
      const [backend] = await sql<{ pid: number }>(em, "select pg_backend_pid() as pid");
      await terminate([backend?.pid ?? assert.fail()]);
      await increment(em, 2);
    });
    await assert.rejects(work, unavailable);
    assert.deepEqual(await counters(), [0, 0]);
    await transactions.run((em) => increment(em, 2));
    assert.deepEqual(await counters(), [0, 1]);
  });

  it("has its whole pool again after more connections were lost in transactions than it holds", async () => {
    for (let lost = 0; lost < 6; lost++) {
      const work = transactions.run(async (em) => {
        const [backend] = await sql<{ pid: number }>(em, "select pg_backend_pid() as pid");
        await terminate([backend?.pid ?? assert.fail()]);
      });
      await assert.rejects(work, unavailable);
    }
    while (db.pool.totalCount > db.pool.idleCount) await once(db.pool, "remove");
    await Promise.all([1, 1, 1, 1].map((id) => transactions.run((em) => increment(em, id))));
    assert.deepEqual(await counters(), [4, 0]);
  });

  it("gives up a connection on which nothing is answered any more", async () => {
    const removed = once(db.pool, "remove");
    const work = transactions.run(async (em) => {
      // The server would give up first, if it could be reached.
      await sql(em, "set local statement_timeout = 0");
      await sql(em, "select pg_sleep(60)");
    });
    await assert.rejects(work, unavailable);
    await removed;
    assert.equal(db.pool.totalCount, db.pool.idleCount);
  });

  it("survives that idle connections are terminated", async () => {
    await Promise.all([1, 2, 3].map(() => transactions.run((em) => sql(em, "select pg_sleep(0.05)"))));
    const idle = await backends();
    assert.ok(idle.length >= 2);
    await terminate(idle);
    while (db.pool.totalCount > 0) await once(db.pool, "remove");
    assert.equal(await db.ping(), true);
    await transactions.run((em) => increment(em, 1));
    assert.deepEqual(await counters(), [1, 0]);
  });

  it("is unavailable to whoever waits for a row that another transaction keeps", async () => {
    await observer.query("begin");
    await observer.query("update counters set n = 9 where id = 1");
    const begin = performance.now();
    await assert.rejects(
      transactions.run((em) => increment(em, 1)),
      unavailable,
    );
    await observer.query("rollback");
    assert.ok(performance.now() - begin < 3_000);
  });

  it("parses a prepared query once for each connection", async () => {
    const counter = preparedQuery<{ n: number }>(db.pool, "counter", "select n from counters where id = $1");
    await transactions.run((em) => increment(em, 1));
    assert.deepEqual([await counter([1]), await counter([2]), await counter([3])], [[{ n: 1 }], [{ n: 0 }], []]);
    const client = await db.pool.connect();
    const { rows } = await client.query("select statement from pg_prepared_statements where name = 'counter'");
    client.release();
    assert.deepEqual(rows, [{ statement: "select n from counters where id = $1" }]);
  });

  it("refuses a value that it cannot read, and leaves it out of what is logged", async () => {
    const byUuid = preparedQuery(db.pool, "by-uuid", "select n from counters where $1::uuid is null");
    await assert.rejects(byUuid(["ada@example.com"]), (error) => {
      assert.match(describeError(error), /\[22P02\]: invalid input syntax for type uuid/);
      assert.doesNotMatch(describeError(error), /ada/);
      return true;
    });
  });

  it("passes on what is wrong with a query, which is no outage", async () => {
    const wrong = preparedQuery(db.pool, "wrong", "select nothing from counters");
    await assert.rejects(wrong([]), (error) => error instanceof pg.DatabaseError && error.code === "42703");
  });

  it("refuses SQL outside a unit of work", async () => {
    await assert.rejects(sql(db.orm.em.fork(), "select 1"), /inside a unit of work only/);
  });

  it("shows its name to whoever looks at the server", async () => {
    assert.equal(await db.ping(), true);
    assert.ok((await backends()).length > 0);
  });
});

describe("a database that is away", () => {
  let silentServer: Server;
  before(async () => {
    // Accepts connections and never says a word, as a blackholed link does.
    silentServer = createServer().listen(0, "127.0.0.1");
    await once(silentServer, "listening");
  });
  after(() => silentServer.close());

  const portOf = (server: Server): number => {
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : assert.fail();
  };

  const cases: [string, () => Promise<number>][] = [
    ["whose port is closed", freePort],
    ["that does not answer", async () => portOf(silentServer)],
  ];
  for (const [name, port] of cases) {
    it(`${name} is opened all the same, and unavailable soon`, async () => {
      const db = await open(`postgresql://limen:hunter2@127.0.0.1:${await port()}/limen`);
      const begin = performance.now();
      const attempts = [
        () => createTransactions(db).run((em) => sql(em, "select 1")),
        () => preparedQuery(db.pool, "one", "select 1")([]),
      ];
      for (const attempt of attempts) {
        await assert.rejects(attempt(), (error) => {
          assert.doesNotMatch(describeError(error), /hunter2/);
          return unavailable(error);
        });
      }
      assert.equal(await db.ping(), false);
      assert.ok(performance.now() - begin < 4_000);
      await db.close();
    });
  }

  async function freePort(): Promise<number> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const port = portOf(server);
    server.close();
    await once(server, "close");
    return port;
  }
});
