import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createLimiter } from "./limiter.ts";

describe("limiter", () => {
  it("runs so much at once and the rest in turn, whatever becomes of it", async () => {
    const limited = createLimiter(2);
    const gates = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
    const begun: number[] = [];
    const outcomes = gates.map(({ promise }, index) =>
      limited(() => {
        begun.push(index);
        return promise;
      }),
    );
    const [first, ...others] = outcomes;
    assert.deepEqual(begun, [0, 1]);
    gates[0]?.reject(new Error("no"));
    await assert.rejects(first ?? Promise.resolve());
    assert.deepEqual(begun, [0, 1, 2]);
    for (const gate of gates) gate.resolve();
    await Promise.all(others);
    assert.deepEqual(begun, [0, 1, 2, 3, 4]);
    assert.equal(await limited(async () => "again"), "again");
  });
});
