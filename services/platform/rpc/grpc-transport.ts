import {
  type DescMessage,
  type DescMethod,
  type DescService,
  fromBinary,
  type Message,
  toBinary,
} from "@bufbuild/protobuf";
import { createContextValues, type Interceptor, type Transport } from "@connectrpc/connect";
import { runStreamingCall, runUnaryCall } from "@connectrpc/connect/protocol";
import { type ChannelCredentials, Client, credentials } from "@grpc/grpc-js";
import { methodPath } from "./grpc-call.ts";
import { channelOptions } from "./grpc-channel.ts";
import { callStream, callUnary } from "./grpc-client-call.ts";
import { serviceCredentialHeader } from "./service-identity.ts";

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

/**
 * Connect clients over grpc-js: `createClient(UserService, createGrpcTransport({ target }))`. Unary calls and server
 * streams. As with every Connect client, a stream is left by aborting its signal; breaking out of its loop is not enough.
 */
export function createGrpcTransport(options: GrpcTransportOptions): GrpcTransport {
  const { target, serviceCredential, defaultTimeoutMs = 10_000, retry = [], connections = 1 } = options;
  const interceptors = [...(options.interceptors ?? [])];
  const clients = Array.from(
    { length: connections },
    () => new Client(target, options.credentials ?? credentials.createInsecure(), channelOptions(retry)),
  );
  let turn = 0;
  const nextClient = () => clients[turn++ % clients.length] as Client;

  function request(method: DescMethod, header: ConstructorParameters<typeof Headers>[0]) {
    const headers = new Headers(header);
    if (serviceCredential !== undefined) headers.set(serviceCredentialHeader, serviceCredential);
    return {
      service: method.parent,
      requestMethod: "POST",
      url: `${target}${methodPath(method)}`,
      header: headers,
    };
  }

  return {
    unary(method, signal, timeoutMs = defaultTimeoutMs, header, message, contextValues = createContextValues()) {
      const limit = timeoutMs > 0 ? { timeoutMs } : {};
      return runUnaryCall({
        interceptors,
        ...(signal && { signal }),
        ...limit,
        req: { ...request(method, header), stream: false, method, contextValues, message },
        next: async (req) => {
          const bytes = encode(method.input, req.message);
          const answer = await callUnary(nextClient(), methodPath(method), bytes, { ...req, ...limit });
          const common = { stream: false, service: method.parent, method } as const;
          return { ...common, ...answer, message: fromBinary(method.output, answer.message) };
        },
      });
    },

    stream(method, signal, timeoutMs, header, messages, contextValues = createContextValues()) {
      if (method.methodKind !== "server_streaming") throw new Error("only servers may stream");
      const limit = timeoutMs !== undefined && timeoutMs > 0 ? { timeoutMs } : {};
      return runStreamingCall({
        interceptors,
        ...(signal && { signal }),
        ...limit,
        req: { ...request(method, header), stream: true, method, contextValues, message: messages },
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
