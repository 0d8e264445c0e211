import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isMet, type Result, table } from "./report.ts";

describe("goals", () => {
  it("are met on the line", () => {
    assert.equal(isMet({ unit: "ratio", atLeast: 0.9 }, 0.9), true);
    assert.equal(isMet({ unit: "ratio", atLeast: 0.9 }, 0.89), false);
    assert.equal(isMet({ unit: "ms", atMost: 40 }, 40), true);
    assert.equal(isMet({ unit: "ms", atMost: 40 }, 40.1), false);
  });
});

describe("the table", () => {
  it("puts each figure under its title", () => {
    const [titles, first, second] = table([result({}), result({ name: "a-much-longer-name", rate: 12_345.6 })]).split(
      "\n",
    );
    const end = (titles?.indexOf("rate/s") ?? 0) + "rate/s".length;
    assert.match(first?.slice(0, end) ?? "", / 70\.5$/);
    assert.match(second?.slice(0, end) ?? "", / 12346$/);
  });

  it("says whether a goal is met, in its unit", () => {
    const [, met, missed] = table([
      result({}),
      result({ goal: { unit: "ms", atMost: 40 }, value: 61.24, spread: [55, 97], met: false }),
    ]).split("\n");
    assert.match(met ?? "", /0\.86 +≥0\.80 +yes +0\.80 – 0\.91/);
    assert.match(missed ?? "", /61\.2 ms +≤40\.0 ms +no +55\.0 ms – 97\.0 ms/);
  });

  it("leaves out what is not known", () => {
    const [, row] = table([result({ p99Ms: null, cpuUsPerCall: null, driverBusy: null })]).split("\n");
    assert.equal(row?.match(/–/g)?.length, 4);
  });

  it("shows what a value is made of", () => {
    const text = table([result({ parts: [{ name: "the broker", value: "12.3 ms" }] })]);
    assert.match(text, /login in detail.*12\.3 ms {2}the broker/s);
  });
});

const result = (given: Partial<Result>): Result => ({
  name: "login",
  what: "login through the gateway",
  limit: "argon2 verify",
  goal: { unit: "ratio", atLeast: 0.8 },
  met: true,
  value: 0.86,
  spread: [0.8, 0.91],
  rate: 70.5,
  limitRate: 82,
  p50Ms: 226.1,
  p99Ms: 301.9,
  cpuUsPerCall: 24_000,
  limitCpuUsPerCall: 23_900,
  driverBusy: 0.04,
  limitDriverBusy: 1.96,
  ...given,
});
