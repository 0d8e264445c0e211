import { Code } from "@connectrpc/connect";
import { describeError, type Log } from "../log.ts";
import type { CallObserver } from "./call-observer.ts";
import { callerKey } from "./caller.ts";
import { reasonOf } from "./connect-errors.ts";
import { requestIdKey } from "./request-id.ts";
import { traceparentKey } from "./trace-context.ts";

/** Somebody should look. */
const bugs: ReadonlySet<Code> = new Set([Code.Internal, Code.Unknown, Code.DataLoss, Code.Unimplemented]);
/** Nobody's mistake, but the service does not do what it should. */
const troubles: ReadonlySet<Code> = new Set([Code.Unavailable, Code.DeadlineExceeded, Code.ResourceExhausted]);

/**
 * One line per call, with these fields and no others: never a message, a header or a credential. What an error says is
 * logged only where the caller was told "internal error".
 */
export function createCallLog(log: Pick<Log, "info" | "warn" | "error">): CallObserver {
  return ({ method, code, error, durationMs, values }) => {
    const { user, service } = values.get(callerKey);
    const line = {
      event: "rpc",
      method: `${method.parent.typeName}/${method.name}`,
      code,
      durationMs: Math.round(durationMs * 10) / 10,
      requestId: values.get(requestIdKey),
      traceId: values.get(traceparentKey).slice(3, 35),
      userId: user?.userId,
      peer: service,
    };
    if (error === undefined) return log.info(line, "call");
    const reason = reasonOf(error);
    if (bugs.has(error.code)) return log.error({ ...line, reason, error: describeError(error.cause ?? error) }, "call");
    if (troubles.has(error.code)) return log.warn({ ...line, reason }, "call");
    log.info({ ...line, reason }, "call");
  };
}
