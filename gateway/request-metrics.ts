import type { FastifyInstance } from "fastify";
import { Histogram, type Registry } from "prom-client";

/** Rate, errors and duration of every route: `limen_http_request_duration_seconds{method,route,status}`. */
export function measureRequests(app: FastifyInstance, registry: Registry): void {
  const duration = new Histogram({
    name: "limen_http_request_duration_seconds",
    help: "Duration of HTTP requests, by route and status.",
    labelNames: ["method", "route", "status"] as const,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  app.addHook("onResponse", ({ method, routeOptions }, reply, done) => {
    // Requests without a route share one label: paths that people try must not become series.
    const labels = { method, route: routeOptions.url ?? "none", status: reply.statusCode };
    duration.observe(labels, reply.elapsedTime / 1000);
    done();
  });
}
