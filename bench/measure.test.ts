import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { areaUnderCurve, median, percentile } from "./measure.ts";

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

describe("the area under the curve", () => {
  it("is 1 where every value of one is greater, 0 the other way round", () => {
    assert.equal(areaUnderCurve([3, 4], [1, 2]), 1);
    assert.equal(areaUnderCurve([1, 2], [3, 4, 5]), 0);
  });

  it("is a half for the same values, however many are equal", () => {
    assert.equal(areaUnderCurve([1, 2, 3], [3, 1, 2]), 0.5);
    assert.equal(areaUnderCurve([7, 7], [7, 7, 7]), 0.5);
  });

  it("counts the pairs, those that are equal half", () => {
    assert.equal(areaUnderCurve([2, 5], [1, 2, 9]), (1 + 0.5 + 2) / 6);
  });
});
