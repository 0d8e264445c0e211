/** A query, and what its lines are called: labels in double braces. */
export interface Query {
  readonly expr: string;
  readonly legend: string;
}

/** Of https://github.com/grafana/grafana/blob/main/packages/grafana-data/src/valueFormats/categories.ts, as much as is needed. */
type Unit = "short" | "reqps" | "s" | "bytes" | "percentunit" | "none";

export interface Panel {
  readonly title: string;
  /** What a person should read from it, and when to worry. */
  readonly description: string;
  readonly unit: Unit;
  readonly kind: "lines" | "number";
  readonly queries: readonly Query[];
  /** The number turns red from here on. */
  readonly alarming?: number;
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly rows: readonly { readonly title: string; readonly panels: readonly Panel[] }[];
}

type Details = Omit<Panel, "kind" | "queries" | "title">;

export const lines = (title: string, details: Details, ...queries: readonly (readonly [string, string])[]): Panel => ({
  title,
  kind: "lines",
  ...details,
  queries: queries.map(([expr, legend]) => ({ expr, legend })),
});

export const number = (title: string, details: Details, expr: string): Panel => ({
  title,
  kind: "number",
  ...details,
  queries: [{ expr, legend: "" }],
});

/** The value below which a share of what a histogram has seen lies, by labels. */
export const quantile = (share: number, histogram: string, matchers = "", by: readonly string[] = []): string =>
  `histogram_quantile(${share}, sum by (${["le", ...by].join(", ")}) (rate(${histogram}_bucket${matchers}[$__rate_interval])))`;

/** A second's worth of a counter, by labels. */
export const perSecond = (counter: string, matchers = "", by: readonly string[] = []): string =>
  `sum${by.length > 0 ? ` by (${by.join(", ")})` : ""} (rate(${counter}${matchers}[$__rate_interval]))`;
