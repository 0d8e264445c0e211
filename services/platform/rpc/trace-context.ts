import { createContextKey, type Interceptor } from "@connectrpc/connect";
import { traceparentFrom, withTraceparent } from "../trace.ts";
import { type Span, spans } from "../tracing/spans.ts";
import type { CallObserver } from "./call-observer.ts";
import { callAttributes, outcomeOf } from "./rpc-span.ts";

export const traceparentKey = createContextKey("", { description: "traceparent" });
const spanKey = createContextKey<Span | undefined>(undefined, { description: "span" });

/** Continues the caller's trace, or begins one, so that messages and calls that follow from this call can be joined. */
export const traceContext: Interceptor = (next) => (req) => {
  const sent = req.header.get("traceparent");
  const span = spans?.start({ ...callAttributes(req.method), kind: "server", parent: sent ?? "" });
  const traceparent = span?.traceparent ?? traceparentFrom(sent);
  req.contextValues.set(traceparentKey, traceparent);
  if (span !== undefined) req.contextValues.set(spanKey, span);
  return withTraceparent(traceparent, () => next(req));
};

/** Ends the call's span. */
export const endSpan: CallObserver = ({ error, values }) => {
  values.get(spanKey)?.end(outcomeOf("server", error));
};
