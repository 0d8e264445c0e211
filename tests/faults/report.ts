import { keeps } from "./fault.ts";
import type { FaultResult, Figure } from "./run.ts";

const counters = ["lost", "duplicated", "orphaned", "unexpected", "leftovers", "crashes", "recovered"] as const;

const columns: { readonly title: string; readonly of: (result: FaultResult) => string }[] = [
  { title: "fault", of: ({ fault }) => fault },
  { title: "good", of: ({ good }) => (good ? "yes" : "NO") },
  { title: "registrations", of: ({ registrations }) => String(registrations) },
  { title: "attempts", of: ({ attempts }) => String(attempts) },
  ...counters.map((counter) => ({
    title: counter,
    of: ({ verdict }: FaultResult) => String(verdict[counter].length),
  })),
  {
    title: "rest after",
    of: ({ verdict: { convergedMs } }) => (convergedMs === null ? "NEVER" : `${(convergedMs / 1_000).toFixed(1)} s`),
  },
  { title: "took", of: ({ seconds }) => `${seconds.toFixed(1)} s` },
];

/** For a person: a table, then what was measured, then what went wrong. */
export function table(results: readonly FaultResult[]): string {
  const rows = [columns.map(({ title }) => title), ...results.map((result) => columns.map(({ of }) => of(result)))];
  const widths = columns.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
  const lines = rows.map((row) => row.map((cell, index) => cell.padStart(widths[index] ?? 0)).join("  "));
  return [...lines, "", ...results.flatMap(describe)].join("\n");
}

function describe({ fault, title, problem, figures, verdict }: FaultResult): string[] {
  const measured = figures.map(tell).join(", ");
  const wrong = counters
    .filter((counter) => counter !== "recovered")
    .flatMap((counter) => verdict[counter].slice(0, examples).map((what) => `    ${counter}: ${text(what)}`));
  return [
    `${fault}: ${title}${measured === "" ? "" : ` (${measured})`}`,
    ...(problem === null ? [] : [`    ${problem}`]),
    ...wrong,
  ];
}

const examples = 5;

const text = (what: FaultResult["verdict"][(typeof counters)[number]][number]): string =>
  typeof what === "string" ? what : `${what.name} ended with ${what.signal ?? what.code}`;

function tell({ name, value, limit }: Figure): string {
  const bounds = [
    ...(limit.atMost === undefined ? [] : [`≤${limit.atMost}`]),
    ...(limit.atLeast === undefined ? [] : [`≥${limit.atLeast}`]),
  ];
  const verdict = keeps(value, limit) ? "" : ", MISSED";
  return `${name} ${value}${bounds.length === 0 ? "" : ` [${bounds.join(" ")}${verdict}]`}`;
}

/** For a machine: one line. */
export function json(
  results: readonly FaultResult[],
  run: { readonly seed: number; readonly seconds: number },
): string {
  return JSON.stringify({
    good: results.every(({ good }) => good),
    ...run,
    faults: results.map(({ verdict, figures, ...result }) => ({
      ...result,
      ...Object.fromEntries(counters.map((counter) => [counter, verdict[counter].length])),
      convergedMs: verdict.convergedMs === null ? null : Math.round(verdict.convergedMs),
      figures: Object.fromEntries(figures.map(({ name, value }) => [name, value])),
    })),
  });
}
