import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { lockDataDir, tryLockDataDir } from "./data-dir-lock.ts";

describe("data directory lock", () => {
  let dataDir: string;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "limen-lock-"));
  });
  afterEach(() => rm(dataDir, { recursive: true }));

  it("is held by one at a time, whatever the directory is called", async () => {
    const lock = await lockDataDir(dataDir);
    await assert.rejects(
      lockDataDir(`${dataDir}/../${dataDir.split("/").at(-1)}`),
      new RegExp(`process ${process.pid}`),
    );
    await lock.release();
    await (await lockDataDir(dataDir)).release();
  });

  it("does not bar another directory", async () => {
    const lock = await lockDataDir(dataDir);
    const other = await lockDataDir(join(dataDir, "other"));
    await Promise.all([lock.release(), other.release()]);
  });

  it("ends with a process that is killed", async () => {
    const source = `
      import { lockDataDir } from ${JSON.stringify(import.meta.resolve("./data-dir-lock.ts"))};
      await lockDataDir(${JSON.stringify(dataDir)});
      console.log("locked");
      setInterval(() => {}, 1_000);`;
    const holder = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", source], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(holder.stdout, "data");
    assert.equal(await tryLockDataDir(dataDir), undefined);
    holder.kill("SIGKILL");
    await once(holder, "exit");
    await (await lockDataDir(dataDir)).release();
  });
});
