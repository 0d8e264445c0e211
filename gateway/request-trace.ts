import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { traceparentFrom } from "../services/platform/trace.ts";
import { type Span, spans } from "../services/platform/tracing/spans.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** W3C trace context of the request: what follows from it is part of the same trace. */
    traceparent: string;
  }
}

/** Each request goes on with its client's trace, or begins one, and is a span of it where it is a call. */
export function traceRequests(app: FastifyInstance): void {
  app.decorateRequest("traceparent", "");
  app.addHook("onRequest", (request, reply, done) => {
    const given = request.headers.traceparent;
    const parent = typeof given === "string" ? given : "";
    const span = request.routeOptions.config.rpc === undefined ? undefined : startSpan(request, parent);
    request.traceparent = span?.traceparent ?? traceparentFrom(parent);
    if (span !== undefined) reply.raw.once("close", () => span.end(outcomeOf(reply)));
    done();
  });
}

/**
 * By https://opentelemetry.io/docs/specs/semconv/http/http-spans/, but for the path, the query, the client's address and its
 * user agent: they can hold a secret, or belong to a person.
 */
function startSpan({ method, routeOptions: { url: route = "" } }: FastifyRequest, parent: string): Span | undefined {
  return spans?.start({
    name: `${method} ${route}`,
    kind: "server",
    parent,
    attributes: { "http.request.method": method, "http.route": route },
  });
}

function outcomeOf({ raw, statusCode }: FastifyReply) {
  if (!raw.writableFinished) return { error: "CLIENT_GONE" };
  const attributes = { "http.response.status_code": statusCode };
  return statusCode >= 500 ? { attributes, error: String(statusCode) } : { attributes };
}
