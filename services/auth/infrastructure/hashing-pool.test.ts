import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import fc from "fast-check";
import { createHashingPool, type Turn } from "./hashing-pool.ts";

describe("hashing pool", () => {
  it("runs as many at once as it may, and no more", async () => {
    const { pool, jobs, add } = setup({ concurrency: 2 });
    const results = [add("hashing"), add("hashing"), add("hashing")];
    assert.deepEqual([jobs.length, pool.queued()], [2, 1]);
    jobs[0]?.finish();
    await nextTurn();
    assert.deepEqual([jobs.length, pool.queued()], [3, 0]);
    for (const job of jobs) job.finish();
    await Promise.all(results);
  });

  it("lets verifications pass before hashing, each in its order", async () => {
    const { jobs, add } = setup({ concurrency: 1 });
    const results = [
      add("hashing", "running"),
      add("hashing", "hash 1"),
      add("verification", "login 1"),
      add("hashing", "hash 2"),
      add("verification", "login 2"),
    ];
    for (let i = 0; i < results.length; i++) {
      jobs[i]?.finish();
      await nextTurn();
    }
    await Promise.all(results);
    assert.deepEqual(
      jobs.map(({ name }) => name),
      ["running", "login 1", "login 2", "hash 1", "hash 2"],
    );
  });

  it("refuses at once who would wait for more than a second, and says when to come back", async () => {
    const { pool, jobs, add } = setup({ concurrency: 2, expectedMs: 500 });
    const accepted = Array.from({ length: 6 }, () => add("verification"));
    const overloaded = { reason: "OVERLOADED", kind: "resource-exhausted" };
    await assert.rejects(add("verification"), { ...overloaded, retryAfterMs: 1_250 });
    const admitNobody = pool.admit(() => assert.fail("admitted, to be refused inside"));
    await assert.rejects(admitNobody, { ...overloaded, retryAfterMs: 1_500 });
    await finishAll(jobs, accepted);
  });

  it("asks those whom it refuses to come back one after another, as fast as it works", async () => {
    const { jobs, add, clock } = setup({ concurrency: 2, expectedMs: 500 });
    const accepted = Array.from({ length: 6 }, () => add("verification"));
    const refused = async () => (await delaysOf([add("verification")]))[0];
    assert.deepEqual([await refused(), await refused(), await refused()], [1_250, 1_500, 1_750]);
    clock.ms += 500;
    assert.equal(await refused(), 1_500);
    clock.ms += 60_000;
    assert.equal(await refused(), 1_250);
    await finishAll(jobs, accepted);
  });

  it("lets a crowd that does as it is told in, each at the time it was given", async () => {
    const { jobs, add, clock } = setup({ concurrency: 2, expectedMs: 100 });
    const crowd = Array.from({ length: 100 }, () => add("verification"));
    const delays = await delaysOf(crowd);
    assert.equal(delays.length, 100 - 2 - 20, "two run, twenty wait for a second");
    for (const delayMs of delays) {
      // Two at a time, of 100 ms each.
      for (; clock.ms < delayMs; clock.ms += 100) await finishRunning(jobs);
      crowd.push(add("verification"));
    }
    assert.equal((await delaysOf(crowd.slice(100))).length, 0);
    await finishAll(jobs, crowd);
  });

  it("tells nobody to stay away for more than the limit, nor the rest of a greater crowd to come at once", async () => {
    const { jobs, add } = setup({ concurrency: 1, expectedMs: 500, maxRetryMs: 4_000 });
    const crowd = Array.from({ length: 100 }, () => add("verification"));
    const delays = await delaysOf(crowd);
    assert.equal(Math.max(...delays), 4_000);
    assert.ok(Math.min(...delays.slice(6)) >= 2_000);
    for (const delayMs of [2_000, 2_500, 3_000, 3_500]) assert.ok(delays.filter((ms) => ms === delayMs).length > 10);
    await finishAll(jobs, crowd);
  });

  it("admits no more of a crowd than can have their turn within a second, before any of them waits for it", async () => {
    const { pool, jobs, add } = setup({ concurrency: 2, expectedMs: 500 });
    const before = Promise.withResolvers<void>();
    const come = () => pool.admit(() => before.promise.then(() => add("verification")));
    const crowd = Array.from({ length: 6 }, come);
    await assert.rejects(come(), { reason: "OVERLOADED", retryAfterMs: 1_250 });
    before.resolve();
    await finishAll(jobs, crowd);
    await Promise.all(crowd);
    assert.equal(jobs.length, 6);
    const next = come();
    await finishAll(jobs, [next]);
    await next;
  });

  it("has no more of those whom it admitted at work than it takes to keep hashes going", async () => {
    const { pool, jobs, add } = setup({ concurrency: 2, expectedMs: 10 });
    const before = Promise.withResolvers<void>();
    let begun = 0;
    const crowd = Array.from({ length: 40 }, () =>
      pool.admit(async () => {
        begun++;
        await before.promise;
        await add("verification");
      }),
    );
    await nextTurn();
    assert.equal(begun, 8);
    before.resolve();
    await finishAll(jobs, crowd);
    await Promise.all(crowd);
    assert.equal(begun, 40);
  });

  it("accepts a verification where hashing is refused", async () => {
    const { jobs, add } = setup({ concurrency: 1, expectedMs: 500 });
    const accepted = [add("hashing"), add("hashing"), add("hashing")];
    await assert.rejects(add("hashing"), { reason: "OVERLOADED" });
    accepted.push(add("verification"));
    await finishAll(jobs, accepted);
  });

  it("learns from the time that hashes take", async () => {
    const { jobs, add, clock } = setup({ concurrency: 1, expectedMs: 1 });
    for (let i = 0; i < 40; i++) {
      const result = add("hashing");
      clock.ms += 600;
      jobs.at(-1)?.finish();
      await result;
    }
    const accepted = [add("hashing"), add("hashing")];
    await assert.rejects(add("hashing"), { reason: "OVERLOADED" });
    await finishAll(jobs, accepted);
  });

  it("refuses those whom others have overtaken for more than a second", async () => {
    const { jobs, add, clock } = setup({ concurrency: 1 });
    const first = add("verification");
    const overtaken = assert.rejects(add("hashing"), { reason: "OVERLOADED" });
    const second = add("verification");
    clock.ms += 1_001;
    jobs[0]?.finish();
    await overtaken;
    await finishAll(jobs, [first, second]);
  });

  it("gives the slot back after a failure", async () => {
    const { pool } = setup({ concurrency: 1 });
    await assert.rejects(
      pool.run("hashing", async () => {
        throw new Error("boom");
      }),
      /boom/,
    );
    assert.equal(await pool.run("hashing", async () => "next"), "next");
  });

  it("never runs or keeps more than its bounds, whatever comes in whatever order", async () => {
    const step = fc.oneof(
      fc.record({ turn: fc.constantFrom<Turn>("verification", "hashing") }),
      fc.record({ finish: fc.nat(5), afterMs: fc.nat(800) }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.array(step, { maxLength: 120 }),
        async (concurrency, steps) => {
          const { pool, jobs, add, clock } = setup({ concurrency, expectedMs: 20, maxQueued: 30 });
          const results: Promise<unknown>[] = [];
          for (const action of steps) {
            if ("turn" in action) results.push(Promise.allSettled([add(action.turn)]));
            else {
              clock.ms += action.afterMs;
              jobs.filter((job) => !job.done)[action.finish]?.finish();
              await nextTurn();
            }
            assert.ok(jobs.filter((job) => !job.done).length <= concurrency);
            assert.ok(pool.queued() <= 30);
          }
          await finishAll(jobs, results);
          assert.equal(pool.queued(), 0);
        },
      ),
      { numRuns: 50 },
    );
  });
});

interface Job {
  readonly name: string;
  done: boolean;
  finish(): void;
}

function setup(config: { concurrency: number; expectedMs?: number; maxQueued?: number; maxRetryMs?: number }) {
  const clock = { ms: 0 };
  const jobs: Job[] = [];
  const pool = createHashingPool({ ...config, now: () => clock.ms });
  const add = (turn: Turn, name = "") =>
    pool.run(turn, () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const job: Job = {
        name,
        done: false,
        finish() {
          job.done = true;
          resolve();
        },
      };
      jobs.push(job);
      return promise;
    });
  return { pool, jobs, add, clock };
}

/** When those of them who have been refused are to come back. */
async function delaysOf(results: readonly Promise<unknown>[]): Promise<number[]> {
  const delays: number[] = [];
  const note = (error: { readonly retryAfterMs: number }) => void delays.push(error.retryAfterMs);
  for (const result of results) void result.catch(note);
  await nextTurn();
  return delays;
}

/** What runs now, and not what starts when it ends. */
async function finishRunning(jobs: readonly Job[]): Promise<void> {
  for (const job of jobs.filter(({ done }) => !done)) job.finish();
  await nextTurn();
}

/** Finishes whatever is or gets running until every result is there, refusals included. */
async function finishAll(jobs: readonly Job[], results: readonly Promise<unknown>[]): Promise<void> {
  const settled = Promise.allSettled(results);
  let open = true;
  void settled.then(() => {
    open = false;
  });
  while (open) {
    for (const job of jobs) job.finish();
    await nextTurn();
  }
}
