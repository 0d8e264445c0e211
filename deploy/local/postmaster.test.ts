import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { findPostmaster, parsePidFile, removeMisleadingPidFile } from "./postmaster.ts";

const pidFile = (pid: number, status: string) =>
  `${pid}\n/data\n1795348865\n54320\n\n127.0.0.1\n 10035221 17\n${status}\n`;

describe("postmaster.pid", () => {
  let data: string;
  beforeEach(async () => {
    data = await mkdtemp(join(tmpdir(), "limen-postmaster-"));
  });
  afterEach(() => rm(data, { recursive: true }));

  it("tells process, port and readiness", () => {
    assert.deepEqual(parsePidFile(pidFile(42, "ready   ")), { pid: 42, port: 54_320, isReady: true });
    assert.deepEqual(parsePidFile(pidFile(42, "starting")), { pid: 42, port: 54_320, isReady: false });
    assert.equal(parsePidFile(""), undefined);
    assert.equal(parsePidFile("42\n/data\n")?.isReady, false);
  });

  it("of a process that is no server here counts for nothing and is removed", async () => {
    await writeFile(join(data, "postmaster.pid"), pidFile(process.pid, "ready"));
    assert.equal(await findPostmaster(data), undefined);
    await removeMisleadingPidFile(data);
    assert.equal(existsSync(join(data, "postmaster.pid")), false);
  });

  it("of a dead process stays for PostgreSQL to judge", async () => {
    const beyondEveryPid = 2 ** 30;
    await writeFile(join(data, "postmaster.pid"), pidFile(beyondEveryPid, "ready"));
    assert.equal(await findPostmaster(data), undefined);
    await removeMisleadingPidFile(data);
    assert.equal(existsSync(join(data, "postmaster.pid")), true);
  });
});
