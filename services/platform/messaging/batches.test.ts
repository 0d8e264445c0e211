import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createBatches } from "./batches.ts";

/** Notes what is handled how; `refuses` says which batches fail. */
function setup({ size = 4, refuses }: { size?: number; refuses?: (items: readonly number[]) => boolean } = {}) {
  const calls: (number | readonly number[])[] = [];
  const batches = createBatches<number>({
    size,
    lanes: 1,
    async together(items) {
      calls.push(items);
      return refuses?.(items) !== true;
    },
    async alone(item) {
      calls.push(item);
      return item >= 0;
    },
  });
  return { calls, batches, addAll: (...items: number[]) => Promise.all(items.map((item) => batches.add(item))) };
}

describe("batches", () => {
  it("hold what arrives together, and no more than their size", async () => {
    const { calls, addAll } = setup();
    assert.deepEqual(await addAll(1, 2, 3, 4, 5, 6), Array(6).fill(true));
    assert.deepEqual(calls, [
      [1, 2, 3, 4],
      [5, 6],
    ]);
  });

  it("do not make a single item wait for others", async () => {
    const { calls, batches } = setup();
    assert.equal(await batches.add(1), true);
    assert.equal(await batches.add(-2), true);
    assert.deepEqual(calls, [[1], [-2]]);
  });

  it("are halved when they fail, until the culprit stands alone", async () => {
    const { calls, addAll } = setup({ size: 8, refuses: (items) => items.includes(-3) });
    const outcomes = await addAll(1, 2, -3, 4, 5, 6);
    assert.deepEqual(outcomes, [true, true, false, true, true, true]);
    assert.deepEqual(calls, [[1, 2, -3, 4, 5, 6], [1, 2, -3], [1, 2], [-3], -3, [4, 5, 6]]);
  });

  it("grow while as many as may are at work", async () => {
    const sizes: number[] = [];
    const gate = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const batches = createBatches<number>({
      size: 10,
      lanes: 2,
      async together(items) {
        sizes.push(items.length);
        if (sizes.length === 2) begun.resolve();
        await gate.promise;
        return true;
      },
      alone: () => assert.fail("nothing stands alone here"),
    });
    const addTwo = () => [batches.add(1), batches.add(2)];
    const added = addTwo();
    await new Promise((resolve) => setImmediate(resolve));
    added.push(...addTwo());
    await begun.promise;
    added.push(...addTwo(), ...addTwo(), ...addTwo());
    gate.resolve();
    await Promise.all(added);
    assert.deepEqual(sizes, [2, 2, 6]);
  });

  it("tell an error to those it concerns, and go on", async () => {
    const batches = createBatches<number>({
      size: 2,
      lanes: 1,
      async together([first]) {
        if (first === 1) throw new Error("boom");
        return true;
      },
      alone: async () => true,
    });
    const outcomes = await Promise.allSettled([1, 2, 3, 4].map((item) => batches.add(item)));
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ["rejected", "rejected", "fulfilled", "fulfilled"],
    );
  });
});
