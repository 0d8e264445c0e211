import type { Figure, Goal, Measurement, Study, Unit } from "./subject.ts";
import { columnsOf } from "./text-table.ts";

/** A figure with what came out. */
export interface Result extends Figure, Measurement {
  readonly met: boolean;
}

export const resultsOf = ({ name, figures }: Study, measurements: readonly Measurement[]): Result[] =>
  figures.map((figure, index) => {
    const measurement = measurements[index];
    if (measurement === undefined) throw new Error(`${name} did not measure ${figure.name}`);
    const { what, limit, goal } = figure;
    return { name: figure.name, what, limit, goal, met: isMet(goal, measurement.value), ...measurement };
  });

export const isMet = ({ atLeast, atMost }: Goal, value: number): boolean =>
  (atLeast === undefined || value >= atLeast) && (atMost === undefined || value <= atMost);

const columns: { readonly title: string; readonly of: (result: Result) => string }[] = [
  { title: "subject", of: ({ name }) => name },
  { title: "value", of: ({ value, goal }) => inUnit(value, goal.unit) },
  { title: "goal", of: ({ goal }) => goalText(goal) },
  { title: "met", of: ({ met }) => (met ? "yes" : "no") },
  { title: "spread", of: ({ spread: [low, high], goal }) => `${inUnit(low, goal.unit)} – ${inUnit(high, goal.unit)}` },
  { title: "rate/s", of: ({ rate }) => figure(rate) },
  { title: "limit/s", of: ({ limitRate }) => figure(limitRate) },
  { title: "p50 ms", of: ({ p50Ms }) => figure(p50Ms) },
  { title: "p99 ms", of: ({ p99Ms }) => figure(p99Ms) },
  { title: "CPU µs", of: ({ cpuUsPerCall }) => figure(cpuUsPerCall) },
  { title: "limit's", of: ({ limitCpuUsPerCall }) => figure(limitCpuUsPerCall) },
  { title: "driver", of: ({ driverBusy }) => share(driverBusy) },
  { title: "limit's", of: ({ limitDriverBusy }) => share(limitDriverBusy) },
];

const legend = `value: rate of the subject by the rate of its limit, median of the rounds, where it has no unit
CPU µs: of the serving processes for each call; driver: share of a core that making the calls took. Where that is near
100 %, the rate is the driver's, and the CPU time tells more than the ratio. Limits without a server are the driver's.`;

/** One table, what it means, and what single values are made of. */
export function table(results: readonly Result[]): string {
  const rows = [columns.map(({ title }) => title), ...results.map((result) => columns.map(({ of }) => of(result)))];
  const descriptions = results.map(({ name, what, limit }) => `${name}: ${what}, against ${limit}`);
  return [...columnsOf(rows), "", legend, "", ...descriptions, ...results.flatMap(partsOf)].join("\n");
}

function partsOf({ name, parts = [] }: Result): string[] {
  if (parts.length === 0) return [];
  const rows = parts.map((part) => [part.value, part.name]);
  return ["", `${name} in detail`, ...rows.map(([value = "", what]) => `${value.padStart(8)}  ${what}`)];
}

/** "≥0.9" or "≤25.0 ms". */
export function goalText({ unit, atLeast, atMost }: Goal): string {
  if (atLeast !== undefined) return `≥${inUnit(atLeast, unit)}`;
  return atMost === undefined ? "" : `≤${inUnit(atMost, unit)}`;
}

export function inUnit(value: number, unit: Unit): string {
  if (unit === "ratio") return value.toFixed(2);
  return `${value.toFixed(Math.abs(value) >= 100 ? 0 : 1)} ${unit}`;
}

/** Three significant digits are more than such a measurement has. */
function figure(value: number | null): string {
  if (value === null) return "–";
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

const share = (value: number | null): string => (value === null ? "–" : `${Math.round(value * 100)} %`);
