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

  it("delays none for longer than the limit, and keeps no crowd together that is greater", async () => {
    const { refuse, clock, delays } = setup();
    await Promise.all(Array.from({ length: 50 }, refuse));
    const inTurn = Array.from({ length: 10 }, (_, index) => 100 * (index + 1));
    assert.deepEqual(delays.slice(0, 10), inTurn);
    assert.deepEqual(new Set(delays.slice(10)), new Set([500, 750]));
    clock.ms += 1_200;
    await refuse();
    assert.equal(delays.length, 49, "the crowd is over");
  });
});

function setup() {
  const clock = { ms: 5 };
  const delays: number[] = [];
  const wait = async (ms: number) => void delays.push(ms);
  const randoms = [0, 0.5];
  const random = () => {
    const [first = 0] = randoms.splice(0, 1);
    randoms.push(first);
    return first;
  };
  const config = { perSecond: 10, maxDelayMs: 1_000, now: () => clock.ms, wait, random };
  return { refuse: createRefusalPace(config), clock, delays };
}
