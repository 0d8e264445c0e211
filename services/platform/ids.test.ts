import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { uuidv7 } from "./ids.ts";

describe("uuidv7", () => {
  it("has the version and the variant of RFC 9562, and its time in front", () => {
    // The time of the RFC's own example, appendix A.6.
    assert.match(uuidv7(0x017f22e279b0), /^017f22e2-79b0-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.match(uuidv7(0), /^00000000-0000-7/);
  });

  it("carries the present time", () => {
    const before = Date.now();
    const time = Number.parseInt(uuidv7().replace("-", "").slice(0, 12), 16);
    assert.ok(before <= time && time <= Date.now());
  });

  it("sorts by time", () => {
    const ids = [1, 255, 256, 65_536, 2 ** 32, 2 ** 40].map((now) => uuidv7(now));
    assert.deepEqual(ids.toSorted(), ids);
  });

  it("differs within one millisecond, in every bit that is free", () => {
    const ids = Array.from({ length: 1_000 }, () => uuidv7(0));
    assert.equal(new Set(ids).size, ids.length);
    const numbers = ids.map((id) => BigInt(`0x${id.replaceAll("-", "")}`));
    const everSet = numbers.reduce((bits, id) => bits | id, 0n);
    const alwaysSet = numbers.reduce((bits, id) => bits & id);
    const free = (everSet & ~alwaysSet).toString(2).replaceAll("0", "").length;
    assert.equal(free, 74);
  });
});
