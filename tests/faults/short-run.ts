import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Fault } from "./fault.ts";
import { table } from "./report.ts";
import { createRun } from "./run.ts";
import { startWorld, type World } from "./world.ts";

/** What is waited for is the same, and takes less time. */
const impatient = {
  AMQP_HEARTBEAT: "2s",
  AMQP_CONFIRM_TIMEOUT: "2s",
  DATABASE_IDLE_TRANSACTION_TIMEOUT: "4s",
};

/** The short version of `npm run faults`: each fault as seldom as it can be, in one world, always at the same times and targets. */
export function shortRun(what: string, faults: readonly Fault[]): void {
  describe(what, () => {
    let world: World;
    let inject: ReturnType<typeof createRun>;
    before(async () => {
      world = await startWorld(impatient);
      // Another suite has the other core.
      inject = createRun(world, { registrations: 50, seed: 1, slack: 4, note: console.log });
    });
    after(() => world?.stop());

    for (const fault of faults) {
      it(`${fault.name}: ${fault.title}`, async () => {
        const result = await inject(fault);
        const log = result.good ? "" : `\nwhat the processes say: ${world.keepLog()}`;
        assert.ok(result.good, `${table([result])}${log}`);
      });
    }
  });
}
