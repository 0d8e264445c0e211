import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type CostedWindow, compare, interleave } from "./interleave.ts";

describe("interleaving", () => {
  it("takes the sides in turns, what comes before a window outside of it", async () => {
    const steps: string[] = [];
    const run = (name: string) => async () => {
      steps.push(name);
      return { calls: 1, seconds: 1, latenciesMs: [] };
    };
    await interleave({
      subject: { run: run("A"), serving: [] },
      limit: { before: async () => void steps.push("settle"), run: run("B"), serving: [] },
      rounds: 2,
    });
    assert.deepEqual(steps, ["A", "settle", "B", "A", "settle", "B"]);
  });
});

describe("comparing", () => {
  it("takes the median of the rounds' ratios, so that one bad round changes little", () => {
    const subject = [window({ calls: 80 }), window({ calls: 10 }), window({ calls: 90 })];
    const limit = [window({ calls: 100 }), window({ calls: 100 }), window({ calls: 100 })];
    const { ratio, spread } = compare(subject, limit);
    assert.equal(ratio, 0.8);
    assert.deepEqual(spread, [0.1, 0.9]);
  });

  it("compares rates, not counts: windows need not have the same length", () => {
    const { ratio } = compare([window({ calls: 100, seconds: 2 })], [window({ calls: 100, seconds: 1 })]);
    assert.equal(ratio, 0.5);
  });

  it("is not moved by what slows down both sides of a round", () => {
    const subject = [window({ calls: 50 }), window({ calls: 5 })];
    const limit = [window({ calls: 100 }), window({ calls: 10 })];
    assert.deepEqual(compare(subject, limit).spread, [0.5, 0.5]);
  });

  it("sums up all windows of a side", () => {
    const { subject } = compare(
      [
        window({ calls: 100, seconds: 1, latenciesMs: [1, 2], cpuSeconds: 0.1, driverSeconds: 0.5 }),
        window({ calls: 300, seconds: 1, latenciesMs: [3, 40], cpuSeconds: 0.3, driverSeconds: 0.7 }),
      ],
      [window({}), window({})],
    );
    assert.equal(subject.rate, 200);
    assert.deepEqual([subject.p50Ms, subject.p99Ms], [2, 40]);
    assert.equal(subject.cpuUsPerCall, 1_000);
    assert.equal(subject.driverBusy, 0.6);
  });

  it("tells no CPU time where one window has none", () => {
    const { subject, limit } = compare([window({ cpuSeconds: null })], [window({})]);
    assert.equal(subject.cpuUsPerCall, null);
    assert.notEqual(limit.cpuUsPerCall, null);
  });
});

const window = (given: Partial<CostedWindow>): CostedWindow => ({
  calls: 100,
  seconds: 1,
  latenciesMs: [],
  cpuSeconds: 0.1,
  driverSeconds: 0.1,
  ...given,
});
