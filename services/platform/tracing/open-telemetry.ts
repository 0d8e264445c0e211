import {
  type Context,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { traceIdOf } from "../trace.ts";
import type { SpanStart, Spans } from "./spans.ts";

const kinds: Record<SpanStart["kind"], SpanKind> = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
};

/** Spans by a tracer of OpenTelemetry. Parents are given, and never looked for: no context manager is needed. */
export function openTelemetrySpans(tracer: Tracer): Spans {
  return {
    start({ name, kind, parent, attributes = {} }) {
      const span = tracer.startSpan(name, { kind: kinds[kind], attributes: { ...attributes } }, contextOf(parent));
      return {
        traceparent: traceparentOf(span.spanContext()),
        end({ error, attributes: learnt = {} } = {}) {
          span.setAttributes({ ...learnt, ...(error === undefined ? {} : { "error.type": error }) });
          if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error });
          span.end();
        },
      };
    },
  };
}

function contextOf(traceparent: string): Context {
  const traceId = traceIdOf(traceparent);
  if (traceId === "") return ROOT_CONTEXT;
  const [, , spanId = "", flags = ""] = traceparent.split("-");
  const spanContext = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
  return trace.setSpanContext(ROOT_CONTEXT, spanContext);
}

const traceparentOf = ({ traceId, spanId, traceFlags }: SpanContext): string =>
  `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
