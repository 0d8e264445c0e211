import type { FastifyInstance } from "fastify";
import type { Log } from "../services/platform/log.ts";
import { traceIdOf } from "../services/platform/trace.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** The method that the route calls, e.g. "limen.auth.v1.AuthService/Login". */
    readonly rpc?: string;
  }
}

/** One line for each request, with the route's pattern instead of the path: a path or a query can hold a secret. */
export function logRequests(app: FastifyInstance, log: Log): void {
  app.addHook("onResponse", (request, reply, done) => {
    const { url: route = "", config } = request.routeOptions;
    const level = config.rpc === undefined ? "debug" : reply.statusCode >= 500 ? "warn" : "info";
    log[level](
      {
        event: "http_request",
        requestId: request.id,
        traceId: traceIdOf(request.traceparent),
        method: request.method,
        route,
        rpc: config.rpc,
        status: reply.statusCode,
        durationMs: Math.round(reply.elapsedTime),
      },
      "request",
    );
    done();
  });
}
