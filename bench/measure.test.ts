import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { median, percentile, runClosedLoop } from "./measure.ts";

describe("a closed loop", () => {
  it("keeps as many calls at work as it was told, and counts each", async () => {
    let atWork = 0;
    let most = 0;
    let ended = 0;
    const call = async () => {
      most = Math.max(most, ++atWork);
      await sleep(2);
      atWork--;
      ended++;
    };
    const window = await runClosedLoop({ concurrency: 3, call }, 30);
    assert.equal(most, 3);
    assert.equal(atWork, 0);
    assert.equal(window.calls, ended);
    assert.equal(window.latenciesMs.length, ended);
    assert.ok(window.latenciesMs.every((ms) => ms > 0.5 && ms / 1_000 <= window.seconds));
  });

  it("takes the time of the calls that it waits for into the rate", async () => {
    const window = await runClosedLoop({ concurrency: 1, call: () => sleep(60) }, 5);
    assert.equal(window.calls, 1);
    assert.ok(window.seconds >= 0.055, `${window.seconds} s`);
  });

  it("fails with the first call that fails, and makes no more", async () => {
    let calls = 0;
    const call = async () => {
      calls++;
      await sleep(1);
      if (calls > 4) throw new Error("refused");
    };
    await assert.rejects(runClosedLoop({ concurrency: 2, call }, 10_000), /refused/);
    const made = calls;
    await sleep(10);
    assert.equal(calls, made);
  });

  it("stops when it is interrupted", async () => {
    const interrupted = new AbortController();
    const call = async () => interrupted.abort(new Error("Ctrl-C"));
    await assert.rejects(runClosedLoop({ concurrency: 2, call }, 10_000, interrupted.signal), /Ctrl-C/);
  });
});

describe("percentiles", () => {
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);

  it("are values that occurred, whatever the order", () => {
    assert.equal(percentile(hundred, 0.99), 99);
    assert.equal(percentile(hundred, 0.5), 50);
    assert.equal(percentile([3, 1, 2], 0.99), 3);
    assert.equal(percentile([7], 0.01), 7);
  });

  it("of nothing are nothing", () => {
    assert.equal(percentile([], 0.5), null);
  });
});

describe("the median", () => {
  it("is the value in the middle, or the mean of the two", () => {
    assert.equal(median([9, 1, 5]), 5);
    assert.equal(median([10, 1, 4, 2]), 3);
  });

  it("sorts numbers as numbers", () => {
    assert.equal(median([100, 9, 20]), 20);
  });

  it("of nothing is a mistake", () => {
    assert.throws(() => median([]), /nothing was measured/);
  });
});
