import { ConnectError, type Interceptor } from "@connectrpc/connect";
import { currentTraceparent } from "../trace.ts";
import { type Span, spans } from "../tracing/spans.ts";
import { observed } from "./call-observer.ts";
import { callAttributes, outcomeOf } from "./rpc-span.ts";

/** For clients: a call that belongs to a trace is a span of it, from which the service's goes on. */
export const traceCalls: Interceptor = (next) => (req) => {
  if (spans === undefined) return next(req);
  const parent = req.header.get("traceparent") ?? currentTraceparent();
  if (parent === "") return next(req);
  return during(spans.start({ ...callAttributes(req.method), kind: "client", parent }), req, next);
};

const during = async (
  span: Span,
  req: Parameters<ReturnType<Interceptor>>[0],
  next: Parameters<Interceptor>[0],
): ReturnType<ReturnType<Interceptor>> => {
  req.header.set("traceparent", span.traceparent);
  const done = (error?: unknown) =>
    span.end(outcomeOf("client", error === undefined ? undefined : ConnectError.from(error)));
  try {
    const res = await next(req);
    if (res.stream) return { ...res, message: observed(res.message, done) };
    done();
    return res;
  } catch (error) {
    done(error);
    throw error;
  }
};
