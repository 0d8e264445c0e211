import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { UsageError } from "./exit.ts";
import { describeMoment, describeSpan, parseMoment, parseSpan } from "./moment.ts";

const now = new Date("2026-03-01T12:00:00Z");

describe("a moment", () => {
  for (const [text, expected] of [
    ["2026-02-28T10:30:00Z", "2026-02-28T10:30:00.000Z"],
    ["2026-02-28T10:30:00+02:00", "2026-02-28T08:30:00.000Z"],
    ["2026-02-28T10:30", "2026-02-28T10:30:00.000Z"],
    ["2026-02-28", "2026-02-28T00:00:00.000Z"],
    ["2h", "2026-03-01T10:00:00.000Z"],
    ["7d", "2026-02-22T12:00:00.000Z"],
  ] as const) {
    it(`is read from ${text}`, () => assert.equal(parseMoment(text, now).toISOString(), expected));
  }

  for (const text of ["", "yesterday", "2026-13-01", "5", "12", "2h ago"]) {
    it(`is not read from "${text}"`, () => assert.throws(() => parseMoment(text, now), UsageError));
  }

  it("is told from now", () => {
    const told = (ms: number) => describeMoment(new Date(now.getTime() + ms), now);
    assert.deepEqual([told(0), told(-90_000), told(7_300_000)], ["now", "1m ago", "in 2h"]);
    assert.equal(describeMoment(null, now), null);
  });
});

describe("a span", () => {
  it("is read and told", () => {
    assert.deepEqual(["1500ms", "90s", "2d"].map(parseSpan), [1_500, 90_000, 172_800_000]);
    assert.deepEqual([0, 999, 59_999, 3_600_000, 90_000_000].map(describeSpan), ["0s", "0s", "59s", "1h", "1d"]);
    assert.throws(() => parseSpan("soon"), UsageError);
  });
});
