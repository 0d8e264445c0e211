import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import pg from "pg";
import { createTestDatabase, type TestDatabase } from "../../../tests/support/postgres.ts";
import { guardDatabase } from "./database-errors.ts";
import { createReadPipeline, type ReadPipeline } from "./read-pipeline.ts";

const name = "limen-pipeline-test";
const echo = (value: number) => ({ name: "echo", text: "select $1::integer as value", values: [value] });
const away = { kind: "unavailable", reason: "DEPENDENCY_UNAVAILABLE" };

describe("the read pipeline", () => {
  let test: TestDatabase;
  let reads: ReadPipeline;
  let observer: pg.Client;

  before(async () => {
    test = await createTestDatabase();
    observer = new pg.Client({ connectionString: test.url });
    await observer.connect();
    reads = createReadPipeline({ config: { connectionString: test.url, application_name: name } });
  });
  after(async () => {
    await reads.close();
    await observer.end();
    await test.drop();
  });

  const backends = async (): Promise<number[]> => {
    const text = "select pid from pg_stat_activity where application_name = $1 and datname = current_database()";
    return (await observer.query<{ pid: number }>(text, [name])).rows.map(({ pid }) => pid);
  };
  const ask = async (value: number) => (await reads.query<{ value: number }>(echo(value))).rows[0]?.value;

  it("gives each of many at once its own answer, over two connections", async () => {
    const wanted = Array.from({ length: 500 }, (_, index) => index);
    for (const _ of ["a turn", "the next one"]) assert.deepEqual(await Promise.all(wanted.map(ask)), wanted);
    assert.equal((await backends()).length, 2);
  });

  it("asks what is asked in one turn over one connection, and the next turn's questions over the next", async () => {
    const text = "select pg_backend_pid() as pid";
    const backend = async () => (await reads.query<{ pid: number }>({ name: "backend", text })).rows[0]?.pid;
    const [first, alike] = await Promise.all([backend(), backend()]);
    assert.equal(first, alike);
    assert.notEqual(await backend(), first);
  });

  it("lets a statement that fails fail alone", async () => {
    const divide = { name: "divide", text: "select 1 / $1::integer as value", values: [0] };
    const answers = await Promise.allSettled([ask(1), reads.query(divide), reads.query(divide), ask(2), ask(3)]);
    assert.deepEqual(
      answers.map((answer) => (answer.status === "fulfilled" ? answer.value : answer.reason.code)),
      [1, "22012", "22012", 2, 3],
    );
  });

  it("tells those who wait that the connection was lost, and connects again", async () => {
    await Promise.all([ask(1), ask(2)]);
    const sleep = { name: "sleep", text: "select pg_sleep(60)", values: [] };
    const waiting = Array.from({ length: 4 }, () => guardDatabase(() => reads.query(sleep)));
    const refused = Promise.all(waiting.map((one) => assert.rejects(one, away)));
    await observer.query("select pg_terminate_backend(pid, 5000) from unnest($1::integer[]) as pid", [
      await backends(),
    ]);
    await refused;
    assert.deepEqual(await Promise.all([ask(3), ask(4)]), [3, 4]);
  });

  it("says so while nobody answers, and connects when somebody does", async () => {
    const config = { host: "127.0.0.1", port: 1, connectionTimeoutMillis: 1_000 };
    const nowhere = createReadPipeline({ config });
    await assert.rejects(
      guardDatabase(() => nowhere.query(echo(1))),
      away,
    );
    await nowhere.close();
  });

  it("ends after the answers that are under way", async () => {
    const closing = createReadPipeline({ config: { connectionString: test.url }, connections: 1 });
    await closing.query(echo(0));
    const last = closing.query<{ value: number }>(echo(7));
    await closing.close();
    assert.equal((await last).rows[0]?.value, 7);
  });
});
