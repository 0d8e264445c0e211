import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createRefusalPace } from "./refusal-pace.ts";

describe("refusal pace", () => {
  it("does not delay refusals that are few", async () => {
    const { refuse, clock, delays } = setup();
    for (let i = 0; i < 100; i++) {
      await refuse();
      clock.ms += 100;
    }
    assert.deepEqual(delays, []);
  });

  it("puts those of a crowd one after another", async () => {
    const { refuse, clock, delays } = setup();
    await Promise.all([refuse(), refuse(), refuse(), refuse()]);
    assert.deepEqual(delays, [100, 200, 300]);
    clock.ms += 1_000;
    await refuse();
    assert.equal(delays.length, 3, "the crowd is over");
  });

  it("delays none for longer than the limit", async () => {
    const { refuse, clock, delays } = setup();
    await Promise.all(Array.from({ length: 50 }, refuse));
    assert.equal(Math.max(...delays), 1_000);
    assert.equal(delays.length, 49);
    clock.ms += 1_000;
    await refuse();
    assert.equal(delays.length, 49);
  });
});

function setup() {
  const clock = { ms: 5 };
  const delays: number[] = [];
  const wait = async (ms: number) => void delays.push(ms);
  return { refuse: createRefusalPace({ perSecond: 10, maxDelayMs: 1_000, now: () => clock.ms, wait }), clock, delays };
}
