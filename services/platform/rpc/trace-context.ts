import { createContextKey, type Interceptor } from "@connectrpc/connect";
import { traceparentFrom, withTraceparent } from "../trace.ts";

export const traceparentKey = createContextKey("", { description: "traceparent" });

/** Continues the caller's trace, or begins one, so that messages and calls that follow from this call can be joined. */
export const traceContext: Interceptor = (next) => (req) => {
  const traceparent = traceparentFrom(req.header.get("traceparent"));
  req.contextValues.set(traceparentKey, traceparent);
  return withTraceparent(traceparent, () => next(req));
};
