import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { faults } from "./all-faults.ts";
import { keeps } from "./fault.ts";
import { randomRun } from "./random-run.ts";
import { table } from "./report.ts";
import { createRun, type FaultResult } from "./run.ts";
import { startWorld, type World } from "./world.ts";

/** Those that take seconds at their smallest; `npm run faults -- --fault all` runs the others too. */
const brief = new Set(["F1", "F2", "F3", "F7", "F11", "F18", "F20"]);

/** The short version of `npm run faults`: each fault as seldom as it can be, and a random mixture that is always the same. */
describe("what goes wrong while people register", () => {
  let world: World;
  let inject: ReturnType<typeof createRun>;
  before(async () => {
    world = await startWorld();
    inject = createRun(world, { registrations: 100, seed: 1, note: () => undefined });
  });
  after(() => world?.stop());

  for (const fault of [...faults.filter(({ name }) => brief.has(name)), randomRun]) {
    it(`${fault.name}: ${fault.title}`, async () => {
      const result = await inject(fault);
      assert.deepEqual(shortcomings(result), [], table([result]));
    });
  }
});

function shortcomings({ good, verdict, figures }: FaultResult): string[] {
  const missed = figures.filter(({ value, limit }) => !keeps(value, limit)).map(({ name }) => name);
  const wrong = (["lost", "duplicated", "orphaned", "unexpected", "leftovers", "crashes"] as const).filter(
    (counter) => verdict[counter].length > 0,
  );
  return [...missed, ...wrong, ...(verdict.convergedMs === null ? ["no rest"] : []), ...(good ? [] : ["not good"])];
}
