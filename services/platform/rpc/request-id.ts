import { randomUUID } from "node:crypto";
import { createContextKey, type HandlerContext } from "@connectrpc/connect";

const requestIdHeader = "x-request-id";
export const requestIdKey = createContextKey("", { description: "request id" });

/** Safe to repeat in a header and a log line, and short enough to keep. */
const sane = /^[\w.:-]{1,128}$/;

/**
 * Keeps the request id that came with the call, or gives it one, and puts it on the answer. The listeners do this and
 * not an interceptor, because calls whose message cannot be decoded never reach an interceptor.
 */
export function assignRequestId(context: HandlerContext): void {
  const sent = context.requestHeader.get(requestIdHeader);
  const id = sent !== null && sane.test(sent) ? sent : randomUUID();
  context.values.set(requestIdKey, id);
  context.responseHeader.set(requestIdHeader, id);
}
