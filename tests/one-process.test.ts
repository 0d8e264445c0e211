import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { eventually, somebody } from "./support/client.ts";
import { accessSuite } from "./system/access.ts";
import { pagesSuite } from "./system/pages.ts";
import { type StartedSystem, startSystem } from "./system/start-system.ts";
import { systemSuites } from "./system/suites.ts";

const start = (dataDir: string) => startSystem("deploy/local/start.ts", { DATA_DIR: dataDir, DATABASE_URL: undefined });

describe("Limen in one process (npm start)", () => {
  let dataDir: string;
  let system: StartedSystem;
  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "limen-one-"));
    system = await start(dataDir);
  });
  after(async () => {
    await system?.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  systemSuites(() => system);
  accessSuite(() => system);
  pagesSuite(() => system);

  it("stops in the middle of registrations, and completes each that it acknowledged when it starts again", async () => {
    const people = Array.from({ length: 20 }, somebody);
    const answers = people.map((person) =>
      system.client("POST", "/api/v1/auth/register", { body: person, headers: { prefer: "wait=0" } }).then(
        ({ status }) => status,
        () => 0,
      ),
    );
    await Promise.race(answers);
    assert.equal(await system.stop(), 0);
    const statuses = await Promise.all(answers);
    const acknowledged = people.filter((_, index) => [201, 202].includes(statuses[index] ?? 0));
    assert.ok(acknowledged.length > 0);
    system = await start(dataDir);
    for (const { email, password } of acknowledged) {
      await eventually(
        () => system.client("POST", "/api/v1/auth/login", { body: { email, password } }),
        ({ status }) => status === 200,
      );
    }
  });
});
