import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import {
  AlwaysOnSampler,
  InMemorySpanExporter,
  ParentBasedSampler,
  SimpleSpanProcessor,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { openTelemetrySpans } from "./open-telemetry.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const parent = `00-${traceId}-00f067aa0ba902b7-01`;

function open() {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({
    sampler: new ParentBasedSampler({ root: new AlwaysOnSampler() }),
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  });
  return { spans: openTelemetrySpans(provider.getTracer("test")), exported: () => exporter.getFinishedSpans() };
}

describe("spans by OpenTelemetry", () => {
  it("go on from their parent, and others from them", () => {
    const { spans, exported } = open();
    const first = spans.start({ name: "first", kind: "server", parent, attributes: { "rpc.method": "a/B" } });
    const second = spans.start({ name: "second", kind: "producer", parent: first.traceparent });
    second.end();
    first.end({ attributes: { "rpc.response.status_code": "OK" } });
    const [inner, outer] = exported();
    assert.deepEqual([outer?.spanContext().traceId, outer?.parentSpanContext?.spanId], [traceId, "00f067aa0ba902b7"]);
    assert.equal(inner?.parentSpanContext?.spanId, outer?.spanContext().spanId);
    assert.deepEqual([outer?.kind, inner?.kind], [SpanKind.SERVER, SpanKind.PRODUCER]);
    assert.deepEqual(outer?.attributes, { "rpc.method": "a/B", "rpc.response.status_code": "OK" });
    assert.equal(outer?.status.code, SpanStatusCode.UNSET);
  });

  it("begin a trace where there is no parent, or none that can be read", () => {
    const { spans, exported } = open();
    for (const text of ["", "garbage", parent.replace("00-", "01-")])
      spans.start({ name: "a", kind: "consumer", parent: text }).end();
    assert.deepEqual(
      exported().map((span) => span.parentSpanContext),
      [undefined, undefined, undefined],
    );
    assert.equal(new Set(exported().map((span) => span.spanContext().traceId)).size, 3);
  });

  it("are not recorded where the parent is not, and pass that on", () => {
    const { spans, exported } = open();
    const span = spans.start({ name: "a", kind: "server", parent: parent.replace(/01$/, "00") });
    span.end();
    assert.match(span.traceparent, new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`));
    assert.deepEqual(exported(), []);
  });

  it("say why the work failed", () => {
    const { spans, exported } = open();
    spans.start({ name: "a", kind: "client", parent }).end({ error: "EMAIL_TAKEN" });
    const [span] = exported();
    assert.deepEqual(span?.status, { code: SpanStatusCode.ERROR, message: "EMAIL_TAKEN" });
    assert.equal(span?.attributes["error.type"], "EMAIL_TAKEN");
  });
});
