import { create, type DescMessage, type DescService, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import {
  Code,
  ConnectError,
  createContextValues,
  type Interceptor,
  type Transport,
  type UnaryRequest,
  type UnaryResponse,
} from "@connectrpc/connect";
import { runStreamingCall } from "@connectrpc/connect/protocol";
import { type ChannelCredentials, Client, connectivityState, credentials } from "@grpc/grpc-js";
import { nextTurn } from "../next-turn.ts";
import { intercept, methodPath } from "./grpc-call.ts";
import { channelOptions } from "./grpc-channel.ts";
import { callStream, callUnary } from "./grpc-client-call.ts";
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
  /** To each address; 1 unless set. More of them where more than 100 calls are at work at a time. */
  readonly connections?: number;
  /** Plaintext unless set. */
  readonly credentials?: ChannelCredentials | undefined;
}

/** Calls of one turn of the event loop that go over one connection: they leave in one write, and come back in few. */
const together = 32;

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
  const nextClient = createRotation(clients);

  function requestHeader(header: ConstructorParameters<typeof Headers>[0]): GrpcHeaders {
    const headers = new GrpcHeaders();
    for (const [name, value] of entriesOf(header)) headers.append(name, value);
    if (serviceCredential !== undefined) headers.set(serviceCredentialHeader, serviceCredential);
    return headers;
  }

  const sendUnary =
    (timeoutMs: number): ReturnType<Interceptor> =>
    async (req) => {
      const method = req.method as UnaryRequest["method"];
      const bytes = toBinary(method.input, req.message as Message);
      const limit = timeoutMs > 0 ? { timeoutMs } : {};
      const answer = await callUnary(nextClient(), methodPath(method), bytes, {
        header: req.header,
        signal: req.signal,
        ...limit,
      });
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
    };

  return {
    async unary(method, signal, timeoutMs = defaultTimeoutMs, header, message, contextValues = createContextValues()) {
      const call = intercept(interceptors, sendUnary(timeoutMs));
      try {
        const res = await call({
          stream: false,
          service: method.parent,
          method,
          requestMethod: "POST",
          url: target + methodPath(method),
          header: requestHeader(header),
          contextValues,
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
          const answer = await callStream(nextClient(), methodPath(method), bytes, { ...req, ...limit });
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

/** One in turn, past those whose connection is broken: each finds a service that comes back in its own time. */
function createRotation(clients: readonly Client[]): () => Client {
  let turns = 0;
  const inTurn = () => clients[turns++ % clients.length] as Client;
  let chosen: { readonly client: Client; calls: number } | undefined;

  function choose(): Client {
    for (let others = 1; others < clients.length; others++) {
      const client = inTurn();
      if (client.getChannel().getConnectivityState(false) !== connectivityState.TRANSIENT_FAILURE) return client;
    }
    return inTurn();
  }

  return () => {
    if (chosen === undefined || chosen.calls === together) {
      chosen = { client: choose(), calls: 0 };
      setImmediate(() => {
        chosen = undefined;
      });
    }
    chosen.calls += 1;
    return chosen.client;
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
