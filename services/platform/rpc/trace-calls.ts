import { ConnectError, type Interceptor } from "@connectrpc/connect";
import { currentTraceparent } from "../trace.ts";
import { spans } from "../tracing/spans.ts";
import { observed } from "./call-observer.ts";
import { callAttributes, outcomeOf } from "./rpc-span.ts";

/** For clients: a call that belongs to a trace is a span of it, from which the service's goes on. */
export const traceCalls: Interceptor = (next) => async (req) => {
  const parent = req.header.get("traceparent") ?? currentTraceparent();
  if (spans === undefined || parent === "") return await next(req);
  const span = spans.start({ ...callAttributes(req.method), kind: "client", parent });
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
