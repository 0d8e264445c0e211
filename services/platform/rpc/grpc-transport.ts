import { create, type DescMessage, type DescService, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import {
  Code,
  ConnectError,
  createContextKey,
  createContextValues,
  type Interceptor,
  type Transport,
  type UnaryRequest,
  type UnaryResponse,
} from "@connectrpc/connect";
import { runStreamingCall } from "@connectrpc/connect/protocol";
import { type ChannelCredentials, Client, credentials } from "@grpc/grpc-js";
import { nextTurn } from "../next-turn.ts";
import { intercept, methodPath } from "./grpc-call.ts";
import { channelOptions } from "./grpc-channel.ts";
import { callStream, callUnary } from "./grpc-client-call.ts";
import { createRotation } from "./grpc-connections.ts";
import { GrpcHeaders } from "./grpc-headers.ts";
import { serviceCredentialHeader } from "./service-identity.ts";
import { traceCalls } from "./trace-calls.ts";

export interface GrpcTransport extends Transport {
  /** Closes the connections. Calls at work end with CANCELED or UNAVAILABLE. */
  close(): void;
}

export interface GrpcTransportOptions {
  /** "127.0.0.1:50051", or "dns:///users:50051" to spread calls over every address of the name. */
  readonly target: string;
  /** "<name>:<secret>": who we are to the service. */
  readonly serviceCredential?: string | undefined;
  /** For unary calls whose caller sets none; 10 s unless set. Streams have none. */
  readonly defaultTimeoutMs?: number;
  /** Outermost first. */
  readonly interceptors?: readonly Interceptor[];
  /** Services whose methods without side effects are tried again when UNAVAILABLE. */
  readonly retry?: readonly DescService[];
  /** To each address; 1 unless set. One for each four calls that are usually at work, at least for each hundred that may be. */
  readonly connections?: number;
  /** Plaintext unless set. */
  readonly credentials?: ChannelCredentials | undefined;
}

/** In milliseconds; none where it is not positive. It goes with the call, so that one chain of interceptors serves them all. */
const timeoutKey = createContextKey(0, { description: "timeout of the call" });

/**
 * Connect clients over grpc-js: `createClient(UserService, createGrpcTransport({ target }))`. Unary calls and server
 * streams. As with every Connect client, a stream is left by aborting its signal; breaking out of its loop is not enough.
 */
export function createGrpcTransport(options: GrpcTransportOptions): GrpcTransport {
  const { target, serviceCredential, defaultTimeoutMs = 10_000, retry = [], connections = 1 } = options;
  const interceptors = [traceCalls, ...(options.interceptors ?? [])];
  const clients = Array.from(
    { length: connections },
    () => new Client(target, options.credentials ?? credentials.createInsecure(), channelOptions(retry)),
  );
  const nextConnection = createRotation(clients);

  function requestHeader(header: ConstructorParameters<typeof Headers>[0]): GrpcHeaders {
    const headers = new GrpcHeaders();
    for (const [name, value] of entriesOf(header)) headers.append(name, value);
    if (serviceCredential !== undefined) headers.set(serviceCredentialHeader, serviceCredential);
    return headers;
  }

  const unaryCall = intercept(interceptors, async (req) => {
    const method = req.method as UnaryRequest["method"];
    const bytes = toBinary(method.input, req.message as Message);
    const timeoutMs = req.contextValues.get(timeoutKey);
    const limit = timeoutMs > 0 ? { timeoutMs } : {};
    const { header: given, signal } = req;
    const answer = await callUnary(nextConnection(), methodPath(method), bytes, { header: given, signal, ...limit });
    await nextTurn();
    const { header, trailer } = answer;
    return {
      stream: false,
      service: method.parent,
      method,
      header,
      trailer,
      message: fromBinary(method.output, answer.message),
    };
  });

  return {
    async unary(method, signal, timeoutMs = defaultTimeoutMs, header, message, contextValues = createContextValues()) {
      try {
        const res = await unaryCall({
          stream: false,
          service: method.parent,
          method,
          requestMethod: "POST",
          url: target + methodPath(method),
          header: requestHeader(header),
          contextValues: contextValues.set(timeoutKey, timeoutMs),
          signal: signal ?? new AbortController().signal,
          message: create(method.input, message),
        });
        return res as UnaryResponse<typeof method.input, typeof method.output>;
      } catch (error) {
        throw signal?.aborted ? ConnectError.from(signal.reason, Code.Canceled) : ConnectError.from(error);
      }
    },

    stream(method, signal, timeoutMs, header, messages, contextValues = createContextValues()) {
      if (method.methodKind !== "server_streaming") throw new Error("only servers may stream");
      const limit = timeoutMs !== undefined && timeoutMs > 0 ? { timeoutMs } : {};
      return runStreamingCall({
        interceptors,
        ...(signal && { signal }),
        ...limit,
        req: {
          stream: true,
          service: method.parent,
          method,
          requestMethod: "POST",
          url: target + methodPath(method),
          header: requestHeader(header),
          contextValues,
          message: messages,
        },
        next: async (req) => {
          const bytes = encode(method.input, await only(req.message));
          const answer = await callStream(nextConnection(), methodPath(method), bytes, { ...req, ...limit });
          const { header, trailer } = answer;
          const message = decoded(method.output, answer.messages);
          return { stream: true, service: method.parent, method, header, trailer, message };
        },
      });
    },

    close() {
      for (const client of clients) client.close();
    },
  };
}

/** A plain record, which most callers give, needs no Headers. */
function entriesOf(header: ConstructorParameters<typeof Headers>[0]): Iterable<[name: string, value: string]> {
  if (header === undefined) return [];
  return Symbol.iterator in header ? new Headers(header) : Object.entries(header as Record<string, string>);
}

function encode<Desc extends DescMessage>(desc: Desc, message: Message): Uint8Array {
  return toBinary(desc, message as Parameters<typeof toBinary<Desc>>[1]);
}

async function only<T>(messages: AsyncIterable<T>): Promise<T> {
  for await (const message of messages) return message;
  throw new Error("the request has no message");
}

async function* decoded<Desc extends DescMessage>(desc: Desc, messages: AsyncIterable<Uint8Array>) {
  for await (const bytes of messages) yield fromBinary(desc, bytes);
}
