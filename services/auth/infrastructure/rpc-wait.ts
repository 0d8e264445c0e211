import type { Duration } from "@bufbuild/protobuf/wkt";
import type { HandlerContext } from "@connectrpc/connect";

/** Nobody waits for longer, however long they offered to. */
const longestWaitMs = 8_000;
/** Left of the call's deadline for answering. */
const answerMs = 500;

/** How long a call may wait for what it asked for. */
export function waitMs(asked: Duration | undefined, fallbackMs: number, context: HandlerContext): number {
  const wanted = asked === undefined ? fallbackMs : Number(asked.seconds) * 1_000 + asked.nanos / 1e6;
  const left = (context.timeoutMs() ?? longestWaitMs) - answerMs;
  return Math.max(0, Math.min(wanted, longestWaitMs, left));
}
