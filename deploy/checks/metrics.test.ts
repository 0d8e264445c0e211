import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fastify } from "fastify";
import pg from "pg";
import { Registry, register } from "prom-client";
import { measureRequests } from "../../gateway/request-metrics.ts";
import { startBacklogMonitor } from "../../services/auth/infrastructure/backlog-monitor.ts";
import { measureHashing } from "../../services/auth/infrastructure/hashing-metrics.ts";
import { createHashingPool } from "../../services/auth/infrastructure/hashing-pool.ts";
import "../../services/auth/infrastructure/postgres-audit.ts";
import "../../services/auth/infrastructure/registration-observer.ts";
import "../../services/platform/database/pool-metrics.ts";
import { createLog } from "../../services/platform/log.ts";
import "../../services/platform/messaging/messaging-metrics.ts";
import { createMetrics, measureReadiness } from "../../services/platform/process-metrics.ts";
import "../../services/platform/rpc/certificate-metrics.ts";
import { createRpcMetrics } from "../../services/platform/rpc/rpc-metrics.ts";
import { metrics } from "./metrics.ts";

describe("the list of metrics", () => {
  it("has every metric of the code, with its type and its labels", async () => {
    const registry = createMetrics("test");
    measureReadiness(registry, () => ({ ready: true, reasons: [] }));
    createRpcMetrics(registry);
    measureRequests(fastify(), registry);
    measureHashing(createHashingPool({ concurrency: 1 }), { concurrency: 1, metrics: registry });
    const pool = new pg.Pool({ host: "nowhere.invalid" });
    await startBacklogMonitor({ pool, log: createLog("silent", "test"), metrics: registry }).stop();
    const defined = Registry.merge([registry, register])
      .getMetricsAsArray()
      .map((metric) => metric as unknown as { name: string; type: string; labelNames: readonly string[] })
      .filter(({ name }) => name.startsWith("limen_"))
      .map(({ name, type, labelNames }) => `${type} ${name}{${[...labelNames].sort()}}`);
    const listed = Object.entries(metrics).map(
      ([name, { type, labels }]) => `${type} ${name}{${Object.keys(labels).sort()}}`,
    );
    assert.deepEqual(defined.sort(), listed.sort());
  });

  it("names metrics as Prometheus wants them: a base unit at the end, _total for what only grows", () => {
    for (const [name, { type }] of Object.entries(metrics)) {
      if (type === "counter") assert.match(name, /_total$/);
      else assert.doesNotMatch(name, /_total$/);
      if (type === "histogram") assert.match(name, /_seconds$/);
      assert.doesNotMatch(name, /_(ms|milliseconds|minutes|kb|mb)(_|$)/);
    }
  });
});
