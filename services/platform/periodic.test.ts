import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import type { Log } from "./log.ts";
import { startPeriodic } from "./periodic.ts";

describe("periodic work", () => {
  it("begins at once, and again after each end", async (t) => {
    const { runs, next, passed } = setup(t);
    assert.equal(runs.length, 1);
    await passed(5_000);
    assert.equal(runs.length, 1, "never twice at a time, however long it takes");
    await next();
    await passed(999);
    assert.equal(runs.length, 1);
    await passed(1);
    assert.equal(runs.length, 2);
  });

  it("tells of a failure and goes on", async (t) => {
    const { runs, fail, passed, warnings } = setup(t);
    await fail(Object.assign(new Error("no connection"), { code: "ECONNREFUSED" }));
    await passed(1_000);
    assert.equal(runs.length, 2);
    assert.deepEqual(warnings, [
      { event: "periodic_work_failed", work: "sweep", error: "Error [ECONNREFUSED]: no connection" },
    ]);
  });

  it("waits for the run at work when it is stopped, and begins no other", async (t) => {
    const { periodic, runs, next, passed } = setup(t);
    let stopped = false;
    const stop = periodic.stop().then(() => {
      stopped = true;
    });
    await passed(0);
    assert.equal(stopped, false);
    await next();
    await stop;
    await passed(10_000);
    assert.equal(runs.length, 1);
  });

  it("is stopped between two runs at once, and may be stopped again", async (t) => {
    const { periodic, runs, next, passed } = setup(t);
    await next();
    await periodic.stop();
    await periodic.stop();
    await passed(10_000);
    assert.equal(runs.length, 1);
  });
});

/** Work that ends when the test says so, on a clock that the test moves. */
function setup(t: TestContext) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const runs: PromiseWithResolvers<void>[] = [];
  const warnings: unknown[] = [];
  const log: Pick<Log, "warn"> = { warn: (fields: unknown) => void warnings.push(fields) };
  const settle = () => new Promise(setImmediate);
  const periodic = startPeriodic({
    name: "sweep",
    everyMs: 1_000,
    work: () => {
      runs.push(Promise.withResolvers());
      return runs.at(-1)?.promise ?? assert.fail();
    },
    log: log as Log,
  });
  return {
    periodic,
    runs,
    warnings,
    next: async () => {
      runs.at(-1)?.resolve();
      await settle();
    },
    fail: async (error: Error) => {
      runs.at(-1)?.reject(error);
      await settle();
    },
    passed: async (milliseconds: number) => {
      t.mock.timers.tick(milliseconds);
      await settle();
    },
  };
}
