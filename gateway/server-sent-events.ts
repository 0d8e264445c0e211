import { setTimeout as sleep } from "node:timers/promises";
import type { JsonValue } from "@bufbuild/protobuf";
import type { ProblemBody } from "./problem.ts";

interface EventStreamDeps {
  /** A comment is sent after so long without an event, so that nobody on the way takes the stream for dead. */
  readonly heartbeatMs: number;
  /** Ends the stream; must also end the source. */
  readonly signal: AbortSignal;
  /** What is said, as an event of the type "problem", when the source fails after its first event. */
  readonly problemOf: (error: unknown) => ProblemBody;
}

/**
 * The body of a `text/event-stream` (https://html.spec.whatwg.org/multipage/server-sent-events.html), one event for each
 * item of the source. Waits for the first: when the source fails before it, so does the returned promise, and the
 * failure can still be an ordinary answer.
 */
export async function eventStream(
  source: AsyncIterator<JsonValue>,
  deps: EventStreamDeps,
): Promise<AsyncIterable<string>> {
  return events(await source.next(), source, deps);
}

async function* events(
  first: IteratorResult<JsonValue>,
  source: AsyncIterator<JsonValue>,
  { heartbeatMs, signal, problemOf }: EventStreamDeps,
): AsyncGenerator<string> {
  try {
    let result = first;
    while (!result.done) {
      yield `data: ${JSON.stringify(result.value)}\n\n`;
      const next = source.next();
      while (!(await settles(next, heartbeatMs))) yield ": heartbeat\n\n";
      result = await next;
    }
  } catch (error) {
    if (!signal.aborted) yield `event: problem\ndata: ${JSON.stringify(problemOf(error))}\n\n`;
  } finally {
    await source.return?.();
  }
}

/** Whether the work is done, well or badly, before the time is over. */
async function settles(work: Promise<unknown>, ms: number): Promise<boolean> {
  const timer = new AbortController();
  const timeout = sleep(ms, false, { signal: timer.signal }).catch(() => false);
  try {
    return await Promise.race([work.then(() => true), timeout]);
  } finally {
    timer.abort();
  }
}
