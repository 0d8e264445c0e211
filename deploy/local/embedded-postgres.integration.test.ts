import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import pg from "pg";
import { findEmbeddedPostgres, startEmbeddedPostgres } from "./embedded-postgres.ts";
import { findPostmaster, stopPostmaster } from "./postmaster.ts";

describe("embedded PostgreSQL", () => {
  let dataDir: string;
  let lines: string[];
  const log = (line: string) => void lines.push(line);
  const open = () => ({ dataDir, log });

  beforeEach(async () => {
    lines = [];
    dataDir = await mkdtemp(join(tmpdir(), "limen-postgres-"));
    // Closed to everybody else: as root, the server must work below a directory that its user may not enter.
    await chmod(dataDir, 0o700);
  });
  afterEach(async () => {
    const left = await findPostmaster(join(dataDir, "postgres/data"));
    if (left !== undefined) await stopPostmaster(left.pid, join(dataDir, "postgres/data"));
    await rm(dataDir, { recursive: true });
  });

  it("starts, keeps what was written and stops", async () => {
    const first = await startEmbeddedPostgres(open());
    await query(first.url, "CREATE TABLE kept AS SELECT 42 AS answer");
    await first.stop();
    await assert.rejects(query(first.url, "SELECT 1"), /ECONNREFUSED/);
    const second = await startEmbeddedPostgres(open());
    assert.deepEqual(await query(second.url, "SELECT answer FROM kept"), [{ answer: 42 }]);
    await second.stop();
  });

  it("is durable, knows Unicode and lets nobody in without the password", async () => {
    const postgres = await startEmbeddedPostgres(open());
    const settings = "SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit";
    assert.deepEqual(await query(postgres.url, settings), [{ fsync: "on", commit: "on" }]);
    assert.deepEqual(await query(postgres.url, "SELECT lower('ÉÑ') AS lower"), [{ lower: "éñ" }]);
    const guess = new URL(postgres.url);
    guess.password = "guess";
    await assert.rejects(query(guess.href, "SELECT 1"), /password authentication failed/);
    await postgres.stop();
  });

  it("adopts the server that a killed process left running", async () => {
    const source = `
      import { startEmbeddedPostgres } from ${JSON.stringify(import.meta.resolve("./embedded-postgres.ts"))};
      await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)}, log: () => {} });
      console.log("started");
      setInterval(() => {}, 1_000);`;
    const owner = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", source], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(owner.stdout, "data");
    const left = await findPostmaster(join(dataDir, "postgres/data"));
    await assert.rejects(
      startEmbeddedPostgres(open()),
      new RegExp(`in use by another Limen \\(process ${owner.pid}\\)`),
    );
    owner.kill("SIGKILL");
    await once(owner, "exit");

    const adopted = await startEmbeddedPostgres(open());
    assert.match(lines.join("\n"), /Adopting/);
    assert.equal((await findPostmaster(join(dataDir, "postgres/data")))?.pid, left?.pid);
    await adopted.stop();
    await assert.rejects(query(adopted.url, "SELECT 1"), /ECONNREFUSED/);
  });

  it("starts over a pid file whose process id another process has by now", async () => {
    const first = await startEmbeddedPostgres(open());
    await first.stop();
    const pidFile = `${process.pid}\n${dataDir}\n1\n54320\n\n127.0.0.1\n 1 1\nready\n`;
    await writeFile(join(dataDir, "postgres/data/postmaster.pid"), pidFile);
    const second = await startEmbeddedPostgres(open());
    assert.deepEqual(await query(second.url, "SELECT 1 AS one"), [{ one: 1 }]);
    await second.stop();
  });

  it("can be visited while it runs, which changes nothing, and while it does not", async () => {
    const postgres = await startEmbeddedPostgres(open());
    const visit = await findEmbeddedPostgres(open());
    assert.equal(visit.url, postgres.url);
    await visit.stop();
    await query(postgres.url, "CREATE TABLE visited ()");
    await postgres.stop();

    const later = await findEmbeddedPostgres(open());
    await query(later.url, "SELECT FROM visited");
    await later.stop();
    assert.equal(await findPostmaster(join(dataDir, "postgres/data")), undefined);
  });

  it("is not made by a visit", async () => {
    await assert.rejects(findEmbeddedPostgres(open()), /There is no database under .* yet/);
  });
});

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
