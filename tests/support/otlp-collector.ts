import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A span, as much of it as tests look at (opentelemetry/proto/trace/v1/trace.proto, in JSON). */
export interface CollectedSpan {
  /** `service.name` of the process that it comes from. */
  readonly service: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the first of a trace. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: "internal" | "server" | "client" | "producer" | "consumer";
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly failed: boolean;
  readonly message: string;
}

export interface OtlpCollector {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly url: string;
  readonly spans: readonly CollectedSpan[];
  /** Everything that was received, as it came. */
  received(): string;
  /** Resolves when the condition holds, which is looked at whenever spans have come. */
  until(what: string, holds: (spans: readonly CollectedSpan[]) => boolean): Promise<void>;
  close(): Promise<void>;
}

interface Value {
  readonly stringValue?: string;
  readonly intValue?: number | string;
  readonly boolValue?: boolean;
}

interface ExportRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly { readonly key: string; readonly value: Value }[] };
    readonly scopeSpans: readonly {
      readonly spans: readonly (Pick<CollectedSpan, "traceId" | "spanId" | "name"> & {
        readonly parentSpanId?: string;
        readonly kind: number;
        readonly attributes: readonly { readonly key: string; readonly value: Value }[];
        readonly status: { readonly code?: number; readonly message?: string };
      })[];
    }[];
  }[];
}

const kinds = ["internal", "internal", "server", "client", "producer", "consumer"] as const;
const waitMs = 15_000;

/** Receives spans by OTLP over HTTP, in JSON (https://opentelemetry.io/docs/specs/otlp/#otlphttp). */
export async function startOtlpCollector(): Promise<OtlpCollector> {
  const spans: CollectedSpan[] = [];
  const bodies: string[] = [];
  const waiting = new Set<() => void>();

  const server = createServer(async (req, res) => {
    let body = "";
    for await (const chunk of req) body += chunk;
    if (req.url !== "/v1/traces") return void res.writeHead(404).end();
    bodies.push(body);
    spans.push(...spansOf(JSON.parse(body)));
    res.writeHead(200, { "content-type": "application/json" }).end("{}");
    for (const look of waiting) look();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    received: () => bodies.join("\n"),
    async until(what, holds) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const look = () => holds(spans) && resolve();
      const seen = () => spans.map(({ service, kind, name }) => `${service} ${kind} ${name}`).join("\n");
      const timer = setTimeout(() => reject(new Error(`no ${what} among\n${seen()}`)), waitMs);
      waiting.add(look);
      look();
      try {
        await promise;
      } finally {
        clearTimeout(timer);
        waiting.delete(look);
      }
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function spansOf({ resourceSpans }: ExportRequest): CollectedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = String(record(resource.attributes)["service.name"]);
    return scopeSpans.flatMap((scope) =>
      scope.spans.map(({ traceId, spanId, parentSpanId = "", name, kind, attributes, status }) => ({
        service,
        traceId,
        spanId,
        parentSpanId,
        name,
        kind: kinds[kind] ?? "internal",
        attributes: record(attributes),
        failed: status.code === 2,
        message: status.message ?? "",
      })),
    );
  });
}

const record = (attributes: readonly { readonly key: string; readonly value: Value }[]): Record<string, unknown> =>
  Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      value.stringValue ?? (value.intValue === undefined ? value.boolValue : Number(value.intValue)),
    ]),
  );
