import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createUuidv7, uuidv7 } from "./ids.ts";

describe("uuidv7", () => {
  it("has the version and the variant of RFC 9562, and its time in front", () => {
    // The time of the RFC's own example, appendix A.6.
    assert.match(createUuidv7(() => 0x017f22e279b0)(), /^017f22e2-79b0-7000-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.match(createUuidv7(() => 0)(), /^00000000-0000-7/);
  });

  it("carries the present time", () => {
    const before = Date.now();
    const time = Number.parseInt(createUuidv7()().replace("-", "").slice(0, 12), 16);
    assert.ok(before <= time && time <= Date.now());
  });

  it("sorts by time", () => {
    const ids = [1, 255, 256, 65_536, 2 ** 32, 2 ** 40].map((now) => createUuidv7(() => now)());
    assert.deepEqual(ids.toSorted(), ids);
  });

  it("sorts by the order of making within one millisecond, over the counter's end and while the clock goes back", () => {
    const times = [...Array<number>(5_000).fill(9), 8, 3, 11];
    const next = createUuidv7(() => times.shift() ?? 12);
    const ids = Array.from({ length: 5_010 }, next);
    assert.deepEqual(ids.toSorted(), ids);
    assert.equal(new Set(ids).size, ids.length);
  });

  it("is random in every bit that is free", () => {
    const numbers = Array.from({ length: 1_000 }, () => BigInt(`0x${createUuidv7(() => 0)().replaceAll("-", "")}`));
    const everSet = numbers.reduce((bits, id) => bits | id, 0n);
    const alwaysSet = numbers.reduce((bits, id) => bits & id);
    const free = (everSet & ~alwaysSet).toString(2).replaceAll("0", "").length;
    assert.equal(free, 62);
  });

  it("is one order for a whole process", () => {
    const ids = Array.from({ length: 100 }, () => uuidv7());
    assert.deepEqual(ids.toSorted(), ids);
  });
});
