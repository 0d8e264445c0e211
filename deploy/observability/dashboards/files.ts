import { auth } from "./auth.ts";
import { grafanaJson } from "./grafana.ts";
import { messaging } from "./messaging.ts";
import { overview } from "./overview.ts";
import type { Dashboard } from "./panels.ts";
import { saga } from "./saga.ts";

export const dashboards: readonly Dashboard[] = [overview, saga, messaging, auth];

/** Every dashboard as a file for Grafana: its name, and its text. */
export const dashboardFiles: ReadonlyMap<string, string> = new Map(
  dashboards.map((dashboard) => [
    `${dashboard.uid.replace("limen-", "")}.json`,
    `${JSON.stringify(grafanaJson(dashboard), null, 2)}\n`,
  ]),
);
