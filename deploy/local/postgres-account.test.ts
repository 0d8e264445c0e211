import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { canReach, unprivileged } from "./postgres-account.ts";

describe("the account that runs PostgreSQL", () => {
  it("is one the system already has", () => {
    const nobody = "nobody:x:65534:65533:nobody:/nonexistent:/usr/sbin/nologin";
    assert.deepEqual(unprivileged(`root:x:0:0::/root:/bin/sh\n${nobody}\n`), { uid: 65_534, gid: 65_533 });
    assert.deepEqual(unprivileged(`${nobody}\npostgres:x:101:104::/:/bin/sh\n`), { uid: 101, gid: 104 });
    assert.deepEqual(unprivileged(""), { uid: 65_534, gid: 65_534 });
  });
});

describe("canReach", () => {
  const stranger = { uid: 54_321, gid: 54_321 };
  let home: string;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "limen-reach-"));
    await mkdir(join(home, "below"));
    await writeFile(join(home, "below/program"), "", { mode: 0o755 });
    await chmod(join(home, "below"), 0o711);
    await chmod(home, 0o755);
  });
  afterEach(() => rm(home, { recursive: true }));

  it("sees that others may pass", async () => {
    assert.equal(await canReach(stranger, join(home, "below/program")), true);
  });

  it("sees a closed directory on the way", async () => {
    await chmod(home, 0o700);
    assert.equal(await canReach(stranger, join(home, "below/program")), false);
  });

  it("sees that the place itself cannot be read", async () => {
    assert.equal(await canReach(stranger, join(home, "below")), false);
  });
});
