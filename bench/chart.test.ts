import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { chartOf } from "./chart.ts";
import type { ResultEntry, ResultsFile } from "./results-file.ts";
import type { Figure } from "./subject.ts";

describe("the chart", () => {
  it("is the same for the same results", () => {
    assert.equal(chartOf(figures, results({})), chartOf(figures, results({})));
  });

  it("has a bar for each figure, which reaches the line in the middle where the goal is met exactly", () => {
    assert.deepEqual(barsOf(chartOf(figures, results({ login: 0.9, latency: 50 }))), ["met 190", "met 190"]);
  });

  it("shows times the other way round: less is longer", () => {
    assert.deepEqual(barsOf(chartOf(figures, results({ login: 0.45, latency: 100 }))), ["missed 95", "missed 95"]);
  });

  it("ends bars where their place ends", () => {
    assert.deepEqual(barsOf(chartOf(figures, results({ login: 9, latency: 0 }))), ["met 380", "met 380"]);
  });

  it("leaves out what was not measured, and what nobody knows any more", () => {
    const { subjects, ...rest } = results({});
    const chart = chartOf(figures, { ...rest, subjects: subjects.slice(0, 1) });
    assert.deepEqual(barsOf(chart).length, 1);
    assert.deepEqual(barsOf(chartOf([], results({}))).length, 0);
  });

  it("is well-formed whatever the machine is called", () => {
    const { machine, ...rest } = results({});
    assert.match(
      chartOf(figures, { ...rest, machine: { ...machine, cpu: '<A & "B">' } }),
      /&lt;A &amp; &quot;B&quot;&gt;/,
    );
  });
});

const barsOf = (chart: string): string[] =>
  Array.from(chart.matchAll(/class="(met|missed)" .*? width="([\d.]+)"/g), ([, met, width]) => `${met} ${width}`);

const figures: readonly Figure[] = [
  { name: "login", what: "", limit: "", goal: { unit: "ratio", atLeast: 0.9 } },
  { name: "latency", what: "", limit: "", goal: { unit: "ms", atMost: 50 } },
];

function results({ login = 0.95, latency = 40 }: { login?: number; latency?: number }): ResultsFile {
  const entry = (name: string, value: number, goal: number, met: boolean): ResultEntry => ({
    name,
    value,
    goal,
    met,
    rate: 1,
    limitRate: 1,
    p50Ms: 1,
    p99Ms: 1,
    cpuUsPerCall: 1,
    spread: [value, value],
  });
  return {
    machine: { cpu: "a core", cores: 2, memoryGiB: 4, node: "v26.0.0", loadBefore: 0, pace: "full" },
    time: "2026-01-02T03:04:05.000Z",
    commit: "0123456789abcdef",
    subjects: [entry("login", login, 0.9, login >= 0.9), entry("latency", latency, 50, latency <= 50)],
  };
}
