import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Fault } from "./fault.ts";
import { openPreviousRelease, openThisRelease, type Release } from "./release.ts";
import { table } from "./report.ts";
import { rollOutUnderLoad } from "./rollout.ts";
import { createRun } from "./run.ts";
import { allRoles, startWorld, type World } from "./world.ts";

/** The database first, while the release before still runs; then every role; then back, with the database as it is. */
const upgradeAndBack = (release: Release): Fault => ({
  name: "upgrade",
  title: "this release in the place of the one before, and back, under load",
  async inject(context) {
    const { world } = context;
    await rollOutUnderLoad(context, async ({ there, back }) => {
      await release.prepareDatabase({ databaseUrl: world.database.url() });
      for (const role of allRoles) world.use(`${role}-2`, release);
      await there();
      await back();
    });
  },
});

describe("an upgrade", () => {
  let directory: string;
  let world: World;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "limen-upgrade-"));
    world = await startWorld({}, openPreviousRelease);
  });
  after(async () => {
    await world?.stop();
    await rm(directory, { recursive: true });
  });

  it("and its undoing fail no request, lose no message and do nothing twice", async () => {
    const inject = createRun(world, { registrations: 50, seed: 1, note: console.log });
    const result = await inject(upgradeAndBack(await openThisRelease(directory)));
    assert.ok(result.good, `${table([result])}\nwhat the processes say: ${result.good ? "" : world.keepLog()}`);
  });
});
