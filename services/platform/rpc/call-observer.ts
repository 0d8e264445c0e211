import type { DescMethod } from "@bufbuild/protobuf";
import {
  Code,
  ConnectError,
  type ContextValues,
  createContextKey,
  type HandlerContext,
  type Interceptor,
} from "@connectrpc/connect";
import { codeToString } from "@connectrpc/connect/protocol-connect";

/** A call that has been answered, or whose caller went away. */
export interface FinishedCall {
  readonly method: DescMethod;
  /** "ok", or the code as Connect spells it, e.g. "not_found". */
  readonly code: string;
  /** Set unless `code` is "ok". */
  readonly error: ConnectError | undefined;
  readonly durationMs: number;
  readonly values: ContextValues;
}

/** Told of every call once, when it is over. Must not throw. */
export type CallObserver = (call: FinishedCall) => void;

export interface Observation {
  readonly interceptor: Interceptor;
  /** For the listeners: a call that was refused before its message could be decoded. */
  refused(context: HandlerContext, error: ConnectError): void;
}

const observedKey = createContextKey(false, { description: "the call has reached the interceptors" });

/** Expects errors to be translated already, so it surrounds `translateErrors`. */
export function createObservation(observers: readonly CallObserver[]): Observation {
  function finish(method: DescMethod, values: ContextValues, start: number, error?: unknown) {
    const failure = error === undefined ? undefined : ConnectError.from(error);
    const code = failure === undefined ? "ok" : codeToString(failure.code);
    const call = { method, code, error: failure, durationMs: performance.now() - start, values };
    for (const observer of observers) observer(call);
  }

  return {
    interceptor: (next) => async (req) => {
      const start = performance.now();
      req.contextValues.set(observedKey, true);
      const done = (error?: unknown) => finish(req.method, req.contextValues, start, error);
      try {
        const res = await next(req);
        if (res.stream) return { ...res, message: observed(res.message, done) };
        done();
        return res;
      } catch (error) {
        done(error);
        throw error;
      }
    },

    refused(context, error) {
      if (!context.values.get(observedKey)) finish(context.method, context.values, performance.now(), error);
    },
  };
}

/** The messages of a stream as they come; `done` is told how it ended, once. */
export async function* observed<T>(messages: AsyncIterable<T>, done: (error?: unknown) => void): AsyncIterable<T> {
  let outcome: unknown = new ConnectError("the caller stopped reading", Code.Canceled);
  try {
    yield* messages;
    outcome = undefined;
  } catch (error) {
    outcome = error;
    throw error;
  } finally {
    done(outcome);
  }
}
