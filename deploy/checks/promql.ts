import { parser } from "@prometheus-io/lezer-promql";
import { metrics, processMetrics, seriesOf } from "./metrics.ts";

type SyntaxNode = ReturnType<typeof parser.parse>["topNode"];

/** By series, its labels, and where these are closed their values. */
export type Exported = ReadonlyMap<string, Readonly<Record<string, readonly string[] | null>>>;

/** What Prometheus adds to every series that it scrapes, and Limen's own label. */
const everywhere = {
  job: ["limen"],
  instance: null,
  role: ["users-api", "users-worker", "auth-api", "auth-worker", "gateway"],
};

/** What the roles export, and what the scrape adds. */
export const exported: Exported = new Map([
  ...Object.entries(metrics).flatMap(([name, metric]) =>
    [...seriesOf(name, metric)].map(([series, labels]) => [series, { ...everywhere, ...labels }] as const),
  ),
  ...processMetrics.map((name) => [name, everywhere] as const),
  ["up", everywhere] as const,
]);

/** What is wrong with a query: its syntax, series that nobody exports, labels and values that these do not have. */
export function* promqlProblems(query: string, known: Exported): Generator<string> {
  const text = (node: SyntaxNode): string => query.slice(node.from, node.to);
  const labels = new Set<string>();
  const grouped = new Set<string>();
  for (const node of nodesOf(parser.parse(query).topNode)) {
    if (node.type.isError) yield `cannot be parsed at character ${node.from}`;
    if (node.name === "GroupingLabels") for (const label of node.getChildren("LabelName")) grouped.add(text(label));
    if (node.name !== "VectorSelector") continue;
    const name = node.getChild("Identifier");
    if (name === null) {
      yield "selects by no name";
      continue;
    }
    const has = known.get(text(name));
    if (has === undefined) {
      yield `${text(name)} is exported by nobody`;
      continue;
    }
    for (const label of Object.keys(has)) labels.add(label);
    for (const matcher of node.getChild("LabelMatchers")?.getChildren("UnquotedLabelMatcher") ?? []) {
      const [label, op, value] = ["LabelName", "MatchOp", "StringLiteral"].map((kind) => matcher.getChild(kind));
      if (label == null || op == null || value == null) continue;
      const values = has[text(label)];
      if (values === undefined) yield `${text(name)} has no label ${text(label)}`;
      else if (values !== null && !matchesSome(text(op), JSON.parse(text(value)), values)) {
        yield `${text(name)}: ${text(label)} is never ${text(value)}`;
      }
    }
  }
  for (const label of grouped) if (!labels.has(label)) yield `groups by ${label}, which nothing in it has`;
}

function matchesSome(op: string, wanted: string, values: readonly string[]): boolean {
  if (!op.endsWith("~")) return values.includes(wanted);
  // Each alternative must be able to match: one that cannot is a slip of the pen.
  return wanted.split("|").every((part) => values.some((value) => new RegExp(`^(?:${part})$`).test(value)));
}

function* nodesOf(node: SyntaxNode): Generator<SyntaxNode> {
  yield node;
  for (let child = node.firstChild; child !== null; child = child.nextSibling) yield* nodesOf(child);
}
