import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { parse } from "yaml";
import { z } from "zod";
import { type Exported, exported, promqlProblems } from "../checks/promql.ts";
import { roles } from "../checks/roles.ts";
import { dashboardFiles, dashboards } from "./dashboards/files.ts";
import { readAlerts, readRecordings } from "./rules.ts";

const problems = (query: string, known: Exported): string[] =>
  [...promqlProblems(query, known)].map((problem) => `${query}: ${problem}`);

const alerts = await readAlerts();
const recordings = await readRecordings();
/** With what the recording rules make of it. They leave no label. */
const withRecordings: Exported = new Map([...exported, ...recordings.map(({ record }) => [record, {}] as const)]);
const runbook = await readFile(join(import.meta.dirname, "../runbook.md"), "utf8");

describe("queries", () => {
  it("of rules and alerts use what is exported, and nothing else", () => {
    assert.deepEqual(
      recordings.flatMap(({ expr }) => problems(expr, exported)),
      [],
    );
    assert.deepEqual(
      alerts.flatMap(({ expr }) => problems(expr, withRecordings)),
      [],
    );
  });

  it("of dashboards do, too", () => {
    const queries = dashboards.flatMap(({ rows }) =>
      rows.flatMap(({ panels }) => panels.flatMap((panel) => panel.queries)),
    );
    assert.ok(queries.length > 50);
    assert.deepEqual(
      queries.flatMap(({ expr }) => problems(expr.replaceAll("$__rate_interval", "1m"), withRecordings)),
      [],
    );
    for (const { expr, legend } of queries) {
      for (const [, label = ""] of legend.matchAll(/\{\{(\w+)\}\}/g))
        assert.match(expr, new RegExp(`by \\([^)]*\\b${label}\\b`));
    }
  });

  /** Each is one slip of the pen, and the complaint that it must cause. */
  const slips: [query: string, complaint: RegExp][] = [
    ["sum(rate(limen_rpc_duration_seconds_count[5m])", /cannot be parsed/],
    ["limen_rpc_durations_seconds_count", /exported by nobody/],
    ["limen_rpc_duration_seconds", /exported by nobody/],
    ["up or limen_outbox_depth", /limen_outbox_depth is exported by nobody/],
    ['limen_outbox_rows{queue="user_commands"}', /has no label queue/],
    ['limen_queue_messages{queue="user_command"}', /queue is never "user_command"/],
    ['limen_audit_events_total{event=~"login_failed|login_failure"}', /event is never "login_failed\|login_failure"/],
    ['limen_rpc_duration_seconds_count{code="OK"}', /code is never "OK"/],
    ['limen_rpc_duration_seconds_count{method="SignIn"}', /method is never "SignIn"/],
    ["sum by (method, pool) (limen_rpc_duration_seconds_count)", /groups by pool/],
    ["sum by (le) (limen_rpc_duration_seconds_sum)", /groups by le/],
    ['{role="gateway"}', /selects by no name/],
  ];
  for (const [query, complaint] of slips) {
    it(`are refused: ${query}`, () => assert.match(problems(query, exported).join("\n"), complaint));
  }
});

describe("alerts", () => {
  it("have a page in the runbook, and the runbook has no other pages", () => {
    const pages = [...runbook.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
    assert.deepEqual(pages.toSorted(), alerts.map(({ alert }) => alert).toSorted());
    for (const { alert, annotations } of alerts) {
      assert.equal(annotations.runbook_url, `deploy/runbook.md#${alert.toLowerCase()}`);
    }
  });

  it("are told in the runbook with what they mean, what to do and when it is over, or as another one is", () => {
    for (const page of runbook.split(/^## /m).slice(1)) {
      assert.match(page, /\*Means:\*[\s\S]*\*Do:\*[\s\S]*\*Over:\*|\nAs Limen\w+, /, page.slice(0, 40));
    }
  });

  it("burn budgets by the windows and factors of the SRE workbook", () => {
    for (const [objective, budget] of Object.entries(objectives)) {
      const expected = (factor: number) => Number((factor * budget).toFixed(6));
      for (const [kind, pairs] of Object.entries(burning)) {
        const { expr = "" } = alerts.find(({ alert }) => alert === `Limen${kind.replace("*", camel(objective))}`) ?? {};
        const found = [...expr.matchAll(/limen:(\w+)_errors:ratio_rate(\w+) > ([\d.]+)/g)].map(
          ([, name, window, limit]) => [name, window, Number(limit)],
        );
        assert.deepEqual(
          found,
          pairs.flatMap(([long, short, factor]) =>
            [long, short].map((window) => [objective, window, expected(factor)]),
          ),
        );
      }
    }
  });
});

const objectives = { availability: 0.001, login_latency: 0.01, validation_latency: 0.001, registration: 0.001 };
const camel = (name: string): string => name.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
/** Of https://sre.google/workbook/alerting-on-slos/, table 5-8: a long window, a short one, how many times too much. */
const burning: Record<string, [long: string, short: string, factor: number][]> = {
  "*BurnsFast": [
    ["1h", "5m", 14.4],
    ["6h", "30m", 6],
  ],
  "*BurnsSlowly": [
    ["1d", "2h", 3],
    ["3d", "6h", 1],
  ],
};

describe("dashboards", () => {
  it("lie in grafana/dashboards as `npm run generate:dashboards` makes them", async () => {
    const folder = join(import.meta.dirname, "grafana/dashboards");
    const found = new Map<string, string>();
    for (const name of await readdir(folder)) found.set(name, await readFile(join(folder, name), "utf8"));
    assert.deepEqual(new Map([...found].toSorted()), new Map([...dashboardFiles].toSorted()));
  });
});

const prometheus = z.object({
  rule_files: z.array(z.string()),
  scrape_configs: z.array(
    z.object({
      job_name: z.string(),
      dns_sd_configs: z.array(z.object({ names: z.array(z.string()), port: z.number() })),
    }),
  ),
});

describe("the configuration of Prometheus", async () => {
  const folder = join(import.meta.dirname, "prometheus");
  const config = prometheus.parse(parse(await readFile(join(folder, "prometheus.yaml"), "utf8")));

  it("names the rules that lie beside it", async () => {
    const beside = (await readdir(folder)).filter((name) => name !== "prometheus.yaml");
    assert.deepEqual(config.rule_files.toSorted(), beside.toSorted());
  });

  it("asks every role for its metrics, as the job that the alerts look for", () => {
    const [job, ...others] = config.scrape_configs;
    const [{ names = [], port = 0 } = {}] = job?.dns_sd_configs ?? [];
    assert.deepEqual([job?.job_name, port, others], ["limen", 9090, []]);
    assert.deepEqual(names.toSorted(), Object.keys(roles).toSorted());
  });
});
