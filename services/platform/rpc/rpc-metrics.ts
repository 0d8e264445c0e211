import { Histogram, type Registry } from "prom-client";
import type { CallObserver } from "./call-observer.ts";

/** Seconds. Most calls take a few milliseconds; those that hash a password or wait take long. */
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

const name = "limen_rpc_duration_seconds";

/** Rate, errors and duration of every method: `limen_rpc_duration_seconds{service,method,code}`. */
export function createRpcMetrics(registry: Registry): CallObserver {
  // Two services in one process share the histogram; the label tells them apart.
  const known = registry.getSingleMetric(name);
  const duration =
    known instanceof Histogram
      ? known
      : new Histogram({
          name,
          help: "Duration of remote calls, by method and status code.",
          labelNames: ["service", "method", "code"] as const,
          buckets,
          registers: [registry],
        });
  return ({ method, code, durationMs }) =>
    duration.observe({ service: method.parent.typeName, method: method.name, code }, durationMs / 1000);
}
