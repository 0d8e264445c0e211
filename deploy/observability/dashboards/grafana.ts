import type { Dashboard, Panel } from "./panels.ts";

const columns = 24;
const heights = { lines: 8, number: 4 };
const datasource = { type: "prometheus", uid: "$datasource" };

/** The dashboard as Grafana imports it (https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/). */
export function grafanaJson(dashboard: Dashboard): object {
  return {
    uid: dashboard.uid,
    title: dashboard.title,
    description: dashboard.description,
    tags: ["limen"],
    schemaVersion: 39,
    editable: true,
    graphTooltip: 1,
    refresh: "30s",
    time: { from: "now-1h", to: "now" },
    timezone: "utc",
    templating: {
      list: [{ name: "datasource", label: "Data source", type: "datasource", query: "prometheus" }],
    },
    links: [{ title: "Limen", type: "dashboards", tags: ["limen"], asDropdown: true }],
    panels: panelsOf(dashboard),
  };
}

/** Row by row, the panels of each sharing its width. */
function panelsOf({ rows }: Dashboard): object[] {
  const panels: object[] = [];
  let y = 0;
  for (const { title, panels: row } of rows) {
    panels.push({ id: panels.length + 1, type: "row", title, gridPos: { x: 0, y, w: columns, h: 1 }, panels: [] });
    y += 1;
    const w = Math.floor(columns / row.length);
    const h = Math.max(...row.map(({ kind }) => heights[kind]));
    for (const [index, panel] of row.entries()) {
      panels.push({ id: panels.length + 1, gridPos: { x: index * w, y, w, h }, ...panelJson(panel) });
    }
    y += h;
  }
  return panels;
}

function panelJson({ title, description, unit, kind, queries, alarming }: Panel): object {
  const steps = [{ color: "green", value: null }];
  const thresholds = alarming === undefined ? steps : [...steps, { color: "red", value: alarming }];
  return {
    type: kind === "lines" ? "timeseries" : "stat",
    title,
    description,
    datasource,
    fieldConfig: {
      defaults: { unit, min: 0, thresholds: { mode: "absolute", steps: thresholds } },
      overrides: [],
    },
    options:
      kind === "lines" ? { legend: { displayMode: "list", placement: "bottom" }, tooltip: { mode: "multi" } } : {},
    targets: queries.map(({ expr, legend }, index) => ({
      refId: String.fromCharCode("A".charCodeAt(0) + index),
      datasource,
      expr,
      legendFormat: legend,
    })),
  };
}
