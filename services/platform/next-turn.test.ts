import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nextTurn } from "./next-turn.ts";

/** Resolves after everything that can go on without another look at the sockets. */
const immediate = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("next turn", () => {
  it("lets those go on side by side who asked in one turn", async () => {
    const steps: string[] = [];
    const work = async (name: string) => {
      steps.push(`${name} asks`);
      await nextTurn();
      steps.push(`${name} begins`);
      await Promise.resolve();
      steps.push(`${name} ends`);
    };
    await Promise.all([work("a"), work("b")]);
    assert.deepEqual(steps, ["a asks", "b asks", "a begins", "b begins", "a ends", "b ends"]);
  });

  it("comes after what the turn has read", async () => {
    let begun = false;
    const asked = nextTurn().then(() => {
      begun = true;
    });
    await Promise.resolve();
    process.nextTick(() => assert.equal(begun, false));
    await asked;
    assert.equal(begun, true);
  });

  it("lets a crowd go on in several turns, in the order in which it came", async () => {
    const begun: number[] = [];
    const counts: number[] = [];
    const crowd = Array.from({ length: 40 }, (_, index) => nextTurn().then(() => void begun.push(index)));
    while (begun.length < crowd.length) {
      await immediate();
      counts.push(begun.length);
    }
    assert.deepEqual(
      begun,
      crowd.map((_, index) => index),
    );
    assert.deepEqual(counts, [16, 32, 40]);
  });

  it("counts anew for those who ask later", async () => {
    await nextTurn();
    let begun = false;
    const asked = nextTurn().then(() => {
      begun = true;
    });
    assert.equal(begun, false);
    await asked;
    assert.equal(begun, true);
  });
});
