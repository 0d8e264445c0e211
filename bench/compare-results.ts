import { inUnit } from "./report.ts";
import type { ResultEntry } from "./results-file.ts";
import type { Figure } from "./subject.ts";
import { columnsOf } from "./text-table.ts";

export type Move = "better" | "worse" | "";

/** A figure that both results have. */
export interface Comparison {
  readonly figure: Figure;
  readonly before: ResultEntry;
  readonly after: ResultEntry;
  readonly move: Move;
}

/** The figures that both have, in the order of the catalogue. */
export function compareResults(
  figures: readonly Figure[],
  before: readonly ResultEntry[],
  after: readonly ResultEntry[],
): Comparison[] {
  const byName = (entries: readonly ResultEntry[]) => new Map(entries.map((entry) => [entry.name, entry]));
  const [earlier, later] = [byName(before), byName(after)];
  return figures.flatMap((figure) => {
    const [one, other] = [earlier.get(figure.name), later.get(figure.name)];
    if (one === undefined || other === undefined) return [];
    return [{ figure, before: one, after: other, move: moveOf(figure, one, other) }];
  });
}

/** Only where each value lies outside of what the other's rounds gave: everything else is chance. */
function moveOf({ goal }: Figure, before: ResultEntry, after: ResultEntry): Move {
  if (isWithin(after.value, before.spread) || isWithin(before.value, after.spread)) return "";
  const isHigher = after.value > before.value;
  return isHigher === (goal.atLeast !== undefined) ? "better" : "worse";
}

const isWithin = (value: number, [low, high]: readonly [number, number]): boolean => value >= low && value <= high;

/** A line for each figure. */
export function comparisonTable(comparisons: readonly Comparison[]): string {
  const rows = comparisons.map(({ figure, before, after, move }) => {
    const { unit } = figure.goal;
    const spread = ({ spread: [low, high] }: ResultEntry) => `${inUnit(low, unit)} – ${inUnit(high, unit)}`;
    const change = (after.value / before.value - 1) * 100;
    return [
      figure.name,
      inUnit(before.value, unit),
      spread(before),
      inUnit(after.value, unit),
      spread(after),
      `${change >= 0 ? "+" : "−"}${Math.abs(change).toFixed(1)} %`,
      move,
      `${before.met ? "yes" : "no"} → ${after.met ? "yes" : "no"}`,
    ];
  });
  return columnsOf([["subject", "before", "spread", "after", "spread", "change", "moved", "goal met"], ...rows]).join(
    "\n",
  );
}
