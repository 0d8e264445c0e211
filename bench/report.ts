import type { Goal, Measurement, Subject } from "./subject.ts";

/** A subject with what came out. */
export interface Result extends Measurement {
  readonly name: string;
  readonly what: string;
  readonly limit: string;
  readonly goal: Goal;
  readonly met: boolean;
}

export function toResult({ name, what, limit, goal }: Subject, measurement: Measurement): Result {
  return { name, what, limit, goal, met: isMet(goal, measurement.value), ...measurement };
}

export const isMet = ({ atLeast, atMost }: Goal, value: number): boolean =>
  (atLeast === undefined || value >= atLeast) && (atMost === undefined || value <= atMost);

const columns: { readonly title: string; readonly of: (result: Result) => string }[] = [
  { title: "subject", of: ({ name }) => name },
  { title: "value", of: ({ value, goal }) => inUnit(value, goal) },
  { title: "goal", of: ({ goal }) => goalText(goal) },
  { title: "met", of: ({ met }) => (met ? "yes" : "no") },
  { title: "spread", of: ({ spread: [low, high], goal }) => `${inUnit(low, goal)} – ${inUnit(high, goal)}` },
  { title: "rate/s", of: ({ rate }) => figure(rate) },
  { title: "limit/s", of: ({ limitRate }) => figure(limitRate) },
  { title: "p50 ms", of: ({ p50Ms }) => figure(p50Ms) },
  { title: "p99 ms", of: ({ p99Ms }) => figure(p99Ms) },
  { title: "CPU µs", of: ({ cpuUsPerCall }) => figure(cpuUsPerCall) },
  { title: "limit's", of: ({ limitCpuUsPerCall }) => figure(limitCpuUsPerCall) },
  { title: "driver", of: ({ driverBusy }) => share(driverBusy) },
  { title: "limit's", of: ({ limitDriverBusy }) => share(limitDriverBusy) },
];

const legend = `value: rate of the subject by the rate of its limit, median of the rounds; or milliseconds
CPU µs: of the serving processes for each call; driver: share of a core that making the calls took. Where that is near
100 %, the rate is the driver's, and the CPU time tells more than the ratio. Limits without a server run in the driver.`;

/** One table, what it means, and what single values are made of. */
export function table(results: readonly Result[]): string {
  const rows = [columns.map(({ title }) => title), ...results.map((result) => columns.map(({ of }) => of(result)))];
  const widths = columns.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, index) => (index === 0 ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0)))
      .join("  "),
  );
  const descriptions = results.map(({ name, what, limit }) => `${name}: ${what}, against ${limit}`);
  return [...lines, "", legend, "", ...descriptions, ...results.flatMap(partsOf)].join("\n");
}

function partsOf({ name, parts = [] }: Result): string[] {
  if (parts.length === 0) return [];
  return [
    "",
    `${name} is made of (medians)`,
    ...parts.map((part) => `${figure(part.medianMs).padStart(8)} ms  ${part.name}`),
  ];
}

function goalText({ unit, atLeast, atMost }: Goal): string {
  const suffix = unit === "ms" ? " ms" : "";
  if (atLeast !== undefined) return `≥${atLeast}${suffix}`;
  return atMost === undefined ? "" : `≤${atMost}${suffix}`;
}

const inUnit = (value: number, { unit }: Goal): string => (unit === "ms" ? `${value.toFixed(1)} ms` : value.toFixed(2));

/** Three significant digits are more than such a measurement has. */
function figure(value: number | null): string {
  if (value === null) return "–";
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

const share = (value: number | null): string => (value === null ? "–" : `${Math.round(value * 100)} %`);
