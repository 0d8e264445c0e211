import { Code, ConnectError, type Interceptor, type UnaryRequest, type UnaryResponse } from "@connectrpc/connect";
import { CallEnd, callEndKey } from "./call-end.ts";
import { callOver } from "./call-over.ts";

type Request = Parameters<ReturnType<Interceptor>>[0];
type Response = Awaited<ReturnType<ReturnType<Interceptor>>>;
type Streamed = Extract<Response, { stream: true }>;

/**
 * Ends calls in time, also where the implementation does not listen to its signal. A unary call has `timeoutMs` at
 * most, or what its caller allows if that is less. A stream lives as long as its caller wants, until `stopping` is
 * aborted, whose reason it then ends with.
 */
export function createDeadline(deps: { timeoutMs: number; stopping: AbortSignal }): Interceptor {
  return (next) => (req) => (req.stream ? stream(next, req, deps.stopping) : unary(next, req, deps.timeoutMs));
}

function unary(next: ReturnType<Interceptor>, req: UnaryRequest, timeoutMs: number): Promise<UnaryResponse> {
  const shared = req.contextValues.get(callEndKey);
  return shared === undefined ? linked(next, req, timeoutMs) : limited(next, req, shared, timeoutMs);
}

/** For a listener that brings a signal and nothing else. */
async function linked(next: ReturnType<Interceptor>, req: UnaryRequest, timeoutMs: number): Promise<UnaryResponse> {
  const end = new CallEnd();
  const follow = () => end.end(req.signal.reason);
  if (req.signal.aborted) follow();
  req.signal.addEventListener("abort", follow, { once: true });
  try {
    return await limited(next, { ...req, signal: end.signal }, end, timeoutMs);
  } finally {
    req.signal.removeEventListener("abort", follow);
    end.end(callOver);
  }
}

/** The outcome of the call, or why it has ended before, whichever comes first. */
function limited(next: ReturnType<Interceptor>, req: UnaryRequest, end: CallEnd, timeoutMs: number) {
  return new Promise<UnaryResponse>((resolve, reject) => {
    end.onEnd((reason) => reject(asConnectError(reason)));
    if (end.ended) return;
    const timer = setTimeout(() => end.end(deadlineExceeded()), timeoutMs);
    const settle = (): void => {
      clearTimeout(timer);
      end.onEnd(undefined);
    };
    next(req).then(
      (res) => {
        settle();
        resolve(res as UnaryResponse);
      },
      (error) => {
        settle();
        reject(end.ended ? asConnectError(end.reason) : error);
      },
    );
  });
}

async function stream(next: ReturnType<Interceptor>, req: Request, stopping: AbortSignal): Promise<Response> {
  const call = new AbortController();
  const unlinks = [link(call, req.signal), link(call, stopping)];
  const end = () => {
    for (const unlink of unlinks) unlink();
    call.abort(callOver);
  };
  try {
    const res = (await until(call.signal, () => next({ ...req, signal: call.signal }))) as Streamed;
    return { ...res, message: abortable(res.message, call.signal, end) };
  } catch (error) {
    end();
    throw error;
  }
}

/** Aborts `call` when `signal` is. Returns what undoes the link. */
function link(call: AbortController, signal: AbortSignal): () => void {
  const follow = () => call.abort(signal.reason);
  if (signal.aborted) follow();
  signal.addEventListener("abort", follow, { once: true });
  return () => signal.removeEventListener("abort", follow);
}

/** The outcome of `work`, or why the signal was aborted, whichever comes first. */
function until<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const aborted = () => reject(abortReason(signal));
    if (signal.aborted) return aborted();
    signal.addEventListener("abort", aborted, { once: true });
    work()
      .then(resolve, (error) => reject(signal.aborted ? abortReason(signal) : error))
      .finally(() => signal.removeEventListener("abort", aborted));
  });
}

function abortable<T>(messages: AsyncIterable<T>, signal: AbortSignal, end: () => void): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]() {
      const source = messages[Symbol.asyncIterator]();
      return {
        async next() {
          try {
            const result = await until(signal, () => source.next());
            if (result.done) end();
            return result;
          } catch (error) {
            end();
            throw error;
          }
        },
        async return() {
          end();
          await source.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}

const abortReason = (signal: AbortSignal): ConnectError => asConnectError(signal.reason);

function asConnectError(reason: unknown): ConnectError {
  return reason instanceof ConnectError
    ? reason
    : new ConnectError("the call was canceled", Code.Canceled, undefined, undefined, reason);
}

function deadlineExceeded(): ConnectError {
  return new ConnectError("the operation timed out", Code.DeadlineExceeded);
}
