import { currentTraceparent, withTraceparent } from "../trace.ts";

export type Attributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanStart {
  /** Of few different values: a route, a method, a queue; never an id. */
  readonly name: string;
  readonly kind: "server" | "client" | "producer" | "consumer" | "internal";
  /** W3C trace context of what it is part of; where that is empty or malformed, the span begins a trace. */
  readonly parent: string;
  /** Named by the semantic conventions of OpenTelemetry. Ids and closed sets; never what a person entered, or a secret. */
  readonly attributes?: Attributes;
}

/** A piece of work under way. */
export interface Span {
  /** For what follows from it. */
  readonly traceparent: string;
  /** Once. With an `error`, from a closed set as `errorType` has it, the work has failed. */
  end(outcome?: { readonly error?: string | undefined; readonly attributes?: Attributes }): void;
}

/** Whoever collects spans. Must not throw. */
export interface Spans {
  start(span: SpanStart): Span;
}

/**
 * Where this process's spans go; undefined unless it was told to trace, so that `spans?.start(…)` then costs nothing. Like
 * the trace context, it travels beside the arguments.
 */
export let spans: Spans | undefined;

export function recordSpans(to: Spans | undefined): void {
  spans = to;
}

/** Does the work as a span of the trace at hand, where there is one and spans are recorded. */
export function inSpan<T>(name: string, attributes: Attributes, work: () => Promise<T>): Promise<T> {
  if (spans === undefined) return work();
  const parent = currentTraceparent();
  return parent === "" ? work() : during(spans.start({ name, kind: "internal", parent, attributes }), work);
}

async function during<T>(span: Span, work: () => Promise<T>): Promise<T> {
  try {
    const result = await withTraceparent(span.traceparent, work);
    span.end();
    return result;
  } catch (error) {
    span.end({ error: errorType(error) });
    throw error;
  }
}

/** What may be told of an error in a span: the first reason or code down its causes, else its class. Never a message. */
export function errorType(error: unknown): string {
  for (let e = error, depth = 0; e instanceof Error && depth < 5; e = e.cause, depth++) {
    const { reason, code } = e as { readonly reason?: unknown; readonly code?: unknown };
    if (typeof reason === "string") return reason;
    if (typeof code === "string") return code;
  }
  return error instanceof Error ? error.name : typeof error;
}
