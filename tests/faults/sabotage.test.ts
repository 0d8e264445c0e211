import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { createClientLog } from "./client-log.ts";
import { wipeQueued } from "./faults/broker-killed.ts";
import { deliveredThrice } from "./faults/delivered-thrice.ts";
import { outboxEmpty, register, restartAll } from "./faults/steps.ts";
import { forget } from "./forget.ts";
import { createRun } from "./run.ts";
import { type Verdict, verify } from "./verify.ts";
import { startWorld, type World } from "./world.ts";

const workers = ["users-worker", "auth-worker"];
/** What is not at rest by then never will be: nothing of it takes longer when nothing is broken. */
const withinMs = 5_000;

/** A suite that could not fail would prove nothing: each safeguard is switched off once. */
describe("the checker notices", () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world?.stop());

  async function sabotaged(env: Record<string, string>, instances = workers): Promise<void> {
    await forget(world);
    await restartAll(world, instances, env);
    await world.ready(instances);
  }

  it("workers without an inbox, when messages are delivered more than once", async () => {
    await sabotaged({ FAILPOINTS: "inbox.skip=on" });
    const inject = createRun(world, { registrations: 10, seed: 1, note: () => undefined, withinMs });
    const { verdict } = await inject(deliveredThrice);
    assert.ok(verdict.duplicated.length > 0);
  });

  it("workers that acknowledge first, when they are killed", async () => {
    // With these deadlines nothing is sent again: what was not handled must come again by itself.
    const patient = { SAGA_ANSWER_TIMEOUTS: "1h" };
    const killed = async (sabotage: string, withinMs: number): Promise<Verdict> => {
      await sabotaged(patient, ["auth-api", "auth-worker"]);
      await world.roles.stop("users-worker");
      const log = createClientLog();
      await register({ world, log }, 20, { waitSeconds: 0 });
      await outboxEmpty(world, "auth", 20_000);
      const death = world.roles.death("users-worker");
      await world.restart("users-worker", { FAILPOINTS: `transaction.before_commit=kill9${sabotage}` });
      assert.equal((await death).signal, "SIGKILL");
      await world.restart("users-worker");
      return await verify(world, log, { withinMs });
    };
    const honest = await killed("", 30_000);
    assert.deepEqual([honest.lost, honest.orphaned], [[], []]);
    const sabotage = await killed(",consumer.ack_first=on", withinMs);
    assert.ok(sabotage.lost.length > 0);
    assert.ok(sabotage.orphaned.length > 0);
  });

  it("a worker that sends nothing again, when the broker is wiped", async () => {
    await sabotaged({}, ["auth-api"]);
    const log = createClientLog();
    await wipeQueued({ world, log }, 10, { FAILPOINTS: "sweep.skip=on" });
    const verdict = await verify(world, log, { withinMs });
    assert.equal(verdict.lost.length, 10);
    assert.equal(verdict.convergedMs, null);
  });
});
