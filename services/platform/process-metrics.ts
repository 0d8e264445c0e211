import { collectDefaultMetrics, Gauge, Registry } from "prom-client";
import manifest from "../../package.json" with { type: "json" };
import { measureEventLoop } from "./event-loop-metrics.ts";
import type { Readiness } from "./management.ts";

/** Milliseconds: the longest that a timer of Node waits. prom-client cannot be told to leave its measure of the event loop. */
const never = 2 ** 31 - 1;

/** A registry with what every process tells of itself: memory, CPU, event loop, garbage collection, its build. */
export function createMetrics(role: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ role });
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: never });
  for (const statistic of ["min", "max", "mean", "stddev", "p50", "p90", "p99"]) {
    registry.removeSingleMetric(`nodejs_eventloop_lag_${statistic}_seconds`);
  }
  measureEventLoop(registry);
  const registers = [registry];
  new Gauge({
    name: "limen_build_info",
    help: "1, with the version of Limen and of Node.js",
    labelNames: ["version", "node"] as const,
    registers,
  }).set({ version: manifest.version, node: process.versions.node }, 1);
  return registry;
}

/** Says on every scrape whether the role is ready, and what it lacks. */
export function measureReadiness(registry: Registry, readiness: () => Readiness): void {
  const registers = [registry];
  new Gauge({
    name: "limen_ready",
    help: "1 while the role is ready, as /readyz has it",
    registers,
    collect() {
      this.set(readiness().ready ? 1 : 0);
    },
  });
  new Gauge({
    name: "limen_not_ready",
    help: "1 for each thing that the role lacks to be ready",
    labelNames: ["reason"] as const,
    registers,
    collect() {
      this.reset();
      for (const reason of readiness().reasons) this.set({ reason }, 1);
    },
  });
}

/** Everything that a process measures: what its role was given a registry for, and what modules keep in a shared one. */
export function exposition(registry: Registry, shared: Registry, role: string): () => Promise<string> {
  return () => {
    const all = Registry.merge([registry, shared]);
    all.setDefaultLabels({ role });
    return all.metrics();
  };
}
