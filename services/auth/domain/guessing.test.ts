import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { begun, emptyTally, failedAt, type GuessRules, guessDelayMs, remembered, succeededAt } from "./guessing.ts";

const rules: GuessRules = {
  freeFailures: 5,
  leastDelayMs: 1_000,
  longestDelayMs: 300_000,
  forgetMs: 3_600_000,
  knownMs: 86_400_000,
  atOnce: 20,
  refillMs: 4_000,
  networkFailures: 1_000,
  networkWindowMs: 900_000,
  everybodysAttempts: 10_000,
  networkShare: 20,
  mailsPerAddress: 10,
};
const at = (ms: number) => new Date(ms);

describe("guessing", () => {
  it("security 9: whatever others do, a network that has not failed may guess", () => {
    fc.assert(
      fc.property(fc.nat(100_000), fc.boolean(), (others, isKnown) => {
        const own = isKnown ? succeededAt(emptyTally(at(0)), rules, at(0)) : emptyTally(at(0));
        return guessDelayMs(own, { ...emptyTally(at(0)), failures: others }, rules, at(1)) === 0;
      }),
    );
  });

  it("security 9: no delay is longer than the longest, and each ends", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000 }), fc.nat(2_000), (failures, others) => {
        const own = { ...emptyTally(at(0)), failures };
        const address = { ...emptyTally(at(0)), failures: failures + others };
        const delayMs = guessDelayMs(own, address, rules, at(0));
        return delayMs <= rules.longestDelayMs && guessDelayMs(own, address, rules, at(delayMs)) === 0;
      }),
    );
  });

  it("security 9: after the free ones, one guess at a time", () => {
    let own = emptyTally(at(0));
    for (let i = 0; i < 5; i++) own = failedAt(begun(own, at(0)), at(0));
    assert.equal(guessDelayMs(own, own, rules, at(1_000)), 0);
    assert.equal(guessDelayMs(begun(own, at(1_000)), own, rules, at(1_000)), 1_000);
  });

  it("takes a guess whose process died for ended after half a minute", () => {
    const own = begun(emptyTally(at(0)), at(0));
    assert.deepEqual([remembered(own, rules, at(30_000)).pending, remembered(own, rules, at(30_001)).pending], [1, 0]);
  });
});
