import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createInTurn } from "./in-turn.ts";

describe("in turn", () => {
  it("runs what has the same key one after the other, in order, also after a failure", async () => {
    const inTurn = createInTurn();
    const seen: string[] = [];
    const work = (name: string, fails = false) =>
      inTurn("key", async () => {
        seen.push(`${name} begins`);
        await new Promise((resolve) => setImmediate(resolve));
        seen.push(`${name} ends`);
        if (fails) throw new Error(name);
        return name;
      });
    const results = await Promise.allSettled([work("a"), work("b", true), work("c")]);
    assert.deepEqual(seen, ["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
    assert.deepEqual(
      results.map(({ status }) => status),
      ["fulfilled", "rejected", "fulfilled"],
    );
    assert.equal(await work("d"), "d");
  });

  it("lets other keys pass", async () => {
    const inTurn = createInTurn();
    const never = Promise.withResolvers<void>();
    const held = inTurn("held", () => never.promise);
    assert.equal(await inTurn("free", async () => "passed"), "passed");
    never.resolve();
    await held;
  });
});
