import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { compareResults, comparisonTable } from "./compare-results.ts";
import type { ResultEntry } from "./results-file.ts";
import type { Figure } from "./subject.ts";

const rate: Figure = { name: "login", what: "", limit: "", goal: { unit: "ratio", atLeast: 0.9 } };
const time: Figure = { name: "latency", what: "", limit: "", goal: { unit: "ms", atMost: 50 } };

describe("comparing two results", () => {
  const moves = (figure: Figure, before: ResultEntry, after: ResultEntry) =>
    compareResults([figure], [before], [after]).map(({ move }) => move);

  it("calls more better where there is a least, and worse where there is a most", () => {
    assert.deepEqual(moves(rate, entry("login", 0.5, [0.4, 0.6]), entry("login", 0.8, [0.7, 0.9])), ["better"]);
    assert.deepEqual(moves(rate, entry("login", 0.8, [0.7, 0.9]), entry("login", 0.5, [0.4, 0.6])), ["worse"]);
    assert.deepEqual(moves(time, entry("latency", 10, [9, 11]), entry("latency", 20, [19, 21])), ["worse"]);
    assert.deepEqual(moves(time, entry("latency", 20, [19, 21]), entry("latency", 10, [9, 11])), ["better"]);
  });

  it("takes for chance what lies within the spread of either", () => {
    assert.deepEqual(moves(rate, entry("login", 0.5, [0.4, 0.9]), entry("login", 0.8, [0.7, 0.9])), [""]);
    assert.deepEqual(moves(rate, entry("login", 0.5, [0.4, 0.6]), entry("login", 0.8, [0.5, 0.9])), [""]);
  });

  it("knows only what both have, in the order of the catalogue", () => {
    const before = [entry("latency", 1), entry("login", 1), entry("gone", 1)];
    const after = [entry("new", 1), entry("login", 1), entry("latency", 1)];
    const compared = compareResults([rate, time], before, after);
    assert.deepEqual(
      compared.map(({ figure }) => figure.name),
      ["login", "latency"],
    );
  });

  it("shows each in its unit", () => {
    const text = comparisonTable(
      compareResults([time], [entry("latency", 20, [19, 21])], [entry("latency", 10, [9, 11])]),
    );
    assert.match(
      text,
      /latency +20\.0 ms +19\.0 ms – 21\.0 ms +10\.0 ms +9\.0 ms – 11\.0 ms +−50\.0 % +better +yes → yes/,
    );
  });
});

function entry(name: string, value: number, spread: [number, number] = [value, value]): ResultEntry {
  const nothing = { rate: null, limitRate: null, p50Ms: null, p99Ms: null, cpuUsPerCall: null };
  return { name, value, goal: 1, met: true, spread, ...nothing };
}
