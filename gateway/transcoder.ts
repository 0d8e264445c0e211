import { Readable } from "node:stream";
import type {
  DescMessage,
  DescMethodServerStreaming,
  DescMethodUnary,
  JsonValue,
  MessageShape,
} from "@bufbuild/protobuf";
import type { Transport } from "@connectrpc/connect";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { nextTurn } from "../services/platform/next-turn.ts";
import type { Binding } from "./bindings.ts";
import { createBulkhead } from "./bulkhead.ts";
import { jsonPathOf } from "./field-path.ts";
import { bodyPath, createRequestReader } from "./json-request.ts";
import { createResponseWriter, messageJson } from "./json-response.ts";
import { type Problem, problemBody } from "./problem.ts";
import type { RefusalPace } from "./refusal-pace.ts";
import { eventStream } from "./server-sent-events.ts";
import { upstreamHeaders } from "./upstream-headers.ts";
import { upstreamProblem } from "./upstream-problem.ts";

interface TranscoderDeps {
  readonly binding: Binding;
  readonly transport: Transport;
  readonly trustedHops: number;
  /** Deadline of a unary call, in milliseconds. */
  readonly callMs: number;
  /** Unary calls of this binding, at the same time. */
  readonly callsAtOnce: number;
  readonly heartbeatMs: number;
  readonly refusalPace: RefusalPace;
  /** Aborted when the gateway stops: streams end then. */
  readonly stopping: AbortSignal;
}

/** The only refusal that is worth repeating at once, to those who do not care for others. */
const overloaded = "OVERLOADED";

/** Serves one binding: request to message, call, message to answer. A server stream is served as server-sent events. */
export function registerRoute(app: FastifyInstance, deps: TranscoderDeps): void {
  const { binding } = deps;
  const { method } = binding;
  app.route({
    method: binding.httpMethod,
    url: binding.template.route,
    exposeHeadRoute: method.methodKind === "unary",
    config: { rpc: `${binding.service.typeName}/${method.name}` },
    handler: method.methodKind === "unary" ? unaryHandler(method, deps) : streamHandler(method, deps),
  });
}

function unaryHandler(method: DescMethodUnary, deps: TranscoderDeps) {
  const { binding, transport, trustedHops, callMs, callsAtOnce, refusalPace } = deps;
  const bulkhead = createBulkhead(callsAtOnce);
  const read = createRequestReader(binding);
  const write = createResponseWriter(binding);

  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const gone = clientGone(reply);
    try {
      await nextTurn();
      const response = await bulkhead(() => {
        const message = read(httpRequest(request));
        const headers = upstreamHeaders(request, trustedHops);
        return transport.unary(method, gone, callMs, headers, message);
      });
      const answer = write(response.message);
      return reply.code(answer.status).headers(answer.headers).send(answer.body);
    } catch (error) {
      const problem = clientProblem(binding, error);
      if (problem.reason === overloaded) await refusalPace();
      throw problem;
    }
  };
}

function streamHandler(method: DescMethodServerStreaming, deps: TranscoderDeps) {
  const { binding, transport, trustedHops, heartbeatMs, stopping } = deps;
  const read = createRequestReader(binding);

  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const message = read(httpRequest(request));
    const headers = upstreamHeaders(request, trustedHops);
    const signal = AbortSignal.any([clientGone(reply), stopping]);
    try {
      const response = await transport.stream(method, signal, undefined, headers, only(message));
      const body = await eventStream(jsonOf(method.output, response.message), {
        heartbeatMs,
        signal,
        problemOf: (error) => problemBody(clientProblem(binding, error), request.id),
      });
      return reply
        .headers({
          "content-type": "text/event-stream; charset=utf-8",
          "cache-control": "no-store",
          "x-accel-buffering": "no",
          connection: "close",
        })
        .send(Readable.from(body));
    } catch (error) {
      throw clientProblem(binding, error);
    }
  };
}

function httpRequest(request: FastifyRequest) {
  const { url, headers, body, params } = request;
  const start = url.indexOf("?");
  return {
    parameters: params as Record<string, string>,
    query: start < 0 ? "" : url.slice(start + 1),
    headers,
    body: body as JsonValue | undefined,
  };
}

/** Aborted when the client goes away before it has its answer, so that nobody works for nobody. */
function clientGone({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  raw.once("close", () => {
    if (!raw.writableFinished) gone.abort();
  });
  return gone.signal;
}

function clientProblem(binding: Binding, error: unknown): Problem {
  return upstreamProblem(error, (path) => bodyPath(binding, jsonPathOf(binding.method.input, path)));
}

async function* only<T>(message: T): AsyncGenerator<T> {
  yield message;
}

async function* jsonOf(
  desc: DescMessage,
  messages: AsyncIterable<MessageShape<DescMessage>>,
): AsyncGenerator<JsonValue> {
  for await (const message of messages) yield messageJson(desc, message);
}
