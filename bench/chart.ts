import { goalText, inUnit } from "./report.ts";
import type { ResultEntry, ResultsFile } from "./results-file.ts";
import type { Figure, Goal } from "./subject.ts";

const width = 900;
const rowHeight = 26;
const headHeight = 94;
const footHeight = 26;
const labelWidth = 250;
const barWidth = 380;
/** A bar of this length, in goals, fills its place. */
const fullScale = 2;

const style = `
text{font:13px system-ui,-apple-system,"Segoe UI",sans-serif;fill:#1f2328}
.title{font-size:16px;font-weight:600}.faint{fill:#59636e}.end{text-anchor:end}
.paper{fill:#ffffff}.track{fill:#f0f2f5}.met{fill:#2a7f62}.missed{fill:#c4622d}.goal{stroke:#1f2328;stroke-width:1.5}
.spread{stroke:#1f2328;stroke-opacity:.55;stroke-width:1}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.faint{fill:#9198a1}.paper{fill:#0d1117}.track{fill:#1c2128}
.goal,.spread{stroke:#e6edf3}.met{fill:#3fb28a}.missed{fill:#e08a4f}}`;

/** The figures of a run as bars that reach the line where they meet their goal. The same results give the same picture. */
export function chartOf(figures: readonly Figure[], { machine, time, commit, subjects }: ResultsFile): string {
  const entries = new Map(subjects.map((entry) => [entry.name, entry]));
  const rows = figures.flatMap((figure) => {
    const entry = entries.get(figure.name);
    return entry === undefined ? [] : [{ figure, entry }];
  });
  const height = headHeight + rows.length * rowHeight + footHeight;
  const goalX = labelWidth + barWidth / fullScale;
  const where = `${machine.cores} cores, ${machine.cpu}, Node.js ${machine.node}; load before: ${machine.loadBefore}`;
  const when = `${machine.pace} run of ${time.slice(0, 10)}, commit ${commit.slice(0, 12)}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>Limen's benchmark: each figure as a share of its goal</title>`,
    `<style>${style}</style>`,
    `<rect class="paper" width="${width}" height="${height}" rx="6"/>`,
    `<text class="title" x="16" y="28">Each figure as a share of its goal: bars that reach the line meet it</text>`,
    `<text class="faint" x="16" y="48">${xmlText(where)}</text>`,
    `<text class="faint" x="16" y="66">${xmlText(when)}</text>`,
    ...rows.flatMap(({ figure, entry }, row) => rowOf(figure, entry, headHeight + row * rowHeight)),
    `<line class="goal" x1="${goalX}" x2="${goalX}" y1="${headHeight - 8}" y2="${height - footHeight}"/>`,
    `<text class="faint" x="16" y="${height - 9}">Thin lines: lowest and highest of the rounds. Longer is better, also for times and memory.</text>`,
    "</svg>",
    "",
  ].join("\n");
}

function rowOf({ name, goal }: Figure, entry: ResultEntry, y: number): string[] {
  const length = (value: number) => tenths(Math.min(fullScale, shareOf(goal, value)) * (barWidth / fullScale));
  const [one, other] = entry.spread.map((value) => labelWidth + length(value)) as [number, number];
  const middle = y + rowHeight / 2;
  const figure = `${inUnit(entry.value, goal.unit)} (${goalText(goal)})`;
  const spread = `<line class="spread" x1="${tenths(Math.min(one, other))}" x2="${tenths(Math.max(one, other))}"`;
  return [
    `<text class="end" x="${labelWidth - 10}" y="${middle + 5}">${xmlText(name)}</text>`,
    `<rect class="track" x="${labelWidth}" y="${y + 4}" width="${barWidth}" height="${rowHeight - 8}"/>`,
    `<rect class="${entry.met ? "met" : "missed"}" x="${labelWidth}" y="${y + 4}" width="${length(entry.value)}" height="${rowHeight - 8}"/>`,
    `${spread} y1="${middle}" y2="${middle}"/>`,
    `<text x="${labelWidth + barWidth + 12}" y="${middle + 5}">${xmlText(figure)}</text>`,
  ];
}

/** 1 on the goal, more when better. */
function shareOf({ atLeast, atMost }: Goal, value: number): number {
  if (atLeast !== undefined) return Math.max(0, value / atLeast);
  // Not even a moment was needed, or less than none.
  return value <= 0 ? Number.POSITIVE_INFINITY : (atMost ?? 0) / value;
}

const tenths = (value: number): number => Math.round(value * 10) / 10;

const escapes: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const xmlText = (text: string): string => text.replaceAll(/[&<>"]/g, (character) => escapes[character] ?? "");
