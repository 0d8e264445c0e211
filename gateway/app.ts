import { randomUUID } from "node:crypto";
import type { DescService } from "@bufbuild/protobuf";
import type { Transport } from "@connectrpc/connect";
import cors from "@fastify/cors";
import { type FastifyInstance, fastify } from "fastify";
import type { Registry } from "prom-client";
import type { Log } from "../services/platform/log.ts";
import { bindingsOf } from "./bindings.ts";
import { answerBrokenConnection } from "./broken-connection.ts";
import { serveDocs } from "./docs.ts";
import { answerWithProblems, sendError } from "./error-handler.ts";
import { readJsonBodies } from "./json-body.ts";
import { openApiDocument } from "./openapi.ts";
import { createRefusalPace, type RefusalPace } from "./refusal-pace.ts";
import { logRequests } from "./request-log.ts";
import { measureRequests } from "./request-metrics.ts";
import { traceRequests } from "./request-trace.ts";
import { secureAnswers } from "./security-headers.ts";
import { registerRoute } from "./transcoder.ts";

export interface GatewayDeps {
  /** The services to serve, and how each is reached. */
  readonly transports: ReadonlyMap<DescService, Transport>;
  readonly log: Log;
  /** Whether requests should be sent here. */
  readonly ready: () => boolean;
  /** Proxies of ours in front of the gateway, whose X-Forwarded-For is believed. */
  readonly trustedHops: number;
  /** Origins whose pages may call the gateway; none when empty. */
  readonly corsOrigins: readonly string[];
  /** Where clients reach the gateway, without a slash at the end; for the OpenAPI document. */
  readonly publicUrl?: string | undefined;
  readonly metrics?: Registry;
  readonly limits?: Partial<Limits>;
  /** Of refusals for want of room; all routes share it. */
  readonly refusalPace?: RefusalPace;
  /** Routes that only a development setup has. */
  readonly developmentRoutes?: (app: FastifyInstance) => void;
}

/** In bytes and milliseconds, where nothing else is said. */
export interface Limits {
  readonly bodyBytes: number;
  /** Until a request must have arrived in full. */
  readonly requestMs: number;
  /** Until a silent connection is closed. */
  readonly connectionMs: number;
  /** Until a service must have answered. */
  readonly callMs: number;
  /** Calls of one method at the same time. Half of what a service's connections carry, so that there is room for the others. */
  readonly callsAtOnce: number;
  /** Between the signs of life of an event stream; less than `connectionMs`. */
  readonly heartbeatMs: number;
}

const defaultLimits: Limits = {
  bodyBytes: 64 * 1024,
  requestMs: 10_000,
  connectionMs: 20_000,
  callMs: 10_000,
  callsAtOnce: 200,
  heartbeatMs: 15_000,
};

/** Limen over HTTP and JSON: every route and the OpenAPI document come from the descriptors of the services. */
export async function createGateway(deps: GatewayDeps): Promise<FastifyInstance> {
  const limits = { ...defaultLimits, ...deps.limits };
  const routes = [...deps.transports].flatMap(([service, transport]) =>
    bindingsOf(service).map((binding) => ({ binding, transport })),
  );
  const bindings = routes.map(({ binding }) => binding);
  const stopping = new AbortController();
  const app = fastify({
    logger: false,
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestMs,
    connectionTimeout: limits.connectionMs,
    // Node looks for late requests every 30 s, and for none as long as its limit for headers is the greater.
    http: { headersTimeout: limits.requestMs, connectionsCheckingInterval: Math.min(1_000, limits.requestMs) },
    // A connection that is kept alive gets its last answer during a shutdown, too.
    return503OnClosing: false,
    requestIdHeader: false,
    genReqId: ({ headers }) => requestId(headers["x-request-id"]),
    frameworkErrors: (error, request, reply) => void sendError(error, request, reply, deps.log),
    clientErrorHandler: answerBrokenConnection,
  });
  app.addHook("onRequest", (request, reply, done) => {
    reply.header("x-request-id", request.id);
    done();
  });
  app.addHook("preClose", async () => stopping.abort());
  // Node closes connections that are idle when it stops listening, but not those that become idle later.
  app.addHook("onSend", (_request, reply, payload, done) => {
    if (stopping.signal.aborted) reply.header("connection", "close");
    done(null, payload);
  });
  traceRequests(app);
  logRequests(app, deps.log);
  if (deps.metrics !== undefined) measureRequests(app, deps.metrics);
  answerWithProblems(app, { bindings, log: deps.log });
  readJsonBodies(app);

  secureAnswers(app);
  if (deps.corsOrigins.length > 0) await app.register(cors, corsOptions(deps.corsOrigins));

  app.get("/livez", async () => ({ status: "ok" }));
  app.get("/readyz", async (_request, reply) =>
    deps.ready() ? { status: "ok" } : reply.code(503).send({ status: "unavailable" }),
  );
  const shared = { ...limits, trustedHops: deps.trustedHops, stopping: stopping.signal };
  const refusalPace = deps.refusalPace ?? createRefusalPace();
  for (const { binding, transport } of routes) registerRoute(app, { ...shared, binding, transport, refusalPace });
  await serveDocs(app, () => openApiDocument({ bindings, publicUrl: deps.publicUrl }));
  deps.developmentRoutes?.(app);
  return app;
}

/** The client's name for the request, where it is fit for logs and headers. */
function requestId(sent: string | string[] | undefined): string {
  return typeof sent === "string" && /^[\w.:-]{1,128}$/.test(sent) ? sent : randomUUID();
}

const corsOptions = (origins: readonly string[]) => ({
  origin: origins.includes("*") ? "*" : [...origins],
  methods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
  allowedHeaders: [
    "authorization",
    "content-type",
    "idempotency-key",
    "if-match",
    "prefer",
    "traceparent",
    "x-request-id",
  ],
  exposedHeaders: ["etag", "location", "retry-after", "www-authenticate", "x-request-id"],
  maxAge: 600,
});
