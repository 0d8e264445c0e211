import {
  create,
  type DescMessage,
  type DescMethod,
  fromBinary,
  type Message,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import {
  Code,
  ConnectError,
  type ContextValues,
  createContextKey,
  createContextValues,
  type HandlerContext,
  type Interceptor,
  type StreamRequest,
  type UnaryRequest,
} from "@connectrpc/connect";
import type { ServerUnaryCall } from "@grpc/grpc-js";
import { CallEnd, callEndKey } from "./call-end.ts";
import { peerAddressKey } from "./caller.ts";
import { undecodableMessage } from "./connect-errors.ts";
import { GrpcHeaders } from "./grpc-headers.ts";
import { certificateNames } from "./service-certificates.ts";
import { certificateNamesKey } from "./service-identity.ts";

/** What unary and streaming calls of grpc-js have in common. */
type ServerCall = Pick<
  ServerUnaryCall<Buffer, Uint8Array>,
  "metadata" | "getPeer" | "getHost" | "getDeadline" | "getAuthContext"
> & {
  once(event: "cancelled", listener: () => void): unknown;
};

/** Its headers are gRPC metadata already. */
export interface CallContext extends HandlerContext {
  readonly responseHeader: GrpcHeaders;
  readonly responseTrailer: GrpcHeaders;
  readonly end: CallEnd;
}

/** The path of a gRPC method: "/limen.users.v1.UserService/GetUser". */
export function methodPath(method: DescMethod): string {
  return `/${method.parent.typeName}/${method.name}`;
}

/** A grpc-js call as Connect's implementations and interceptors see it. Its signal follows deadline and cancellation. */
export function openContext(method: DescMethod, call: ServerCall): CallContext {
  const context = new OpenContext(method, call);
  const { end, deadline } = context;
  // Also emitted after every answer, when it no longer matters.
  call.once("cancelled", () => {
    if (!end.ended) end.end(Date.now() >= deadline ? deadlineExceeded() : callerCanceled());
  });
  return context;
}

/**
 * What few ask for (signal, URL, the peer's address) is made when it is asked for, by the class's getters: an object with
 * getters of its own has a hidden class of its own, in which V8 keeps all that they see until it collects its whole heap.
 */
class OpenContext implements CallContext {
  readonly method: DescMethod;
  readonly protocolName = "grpc";
  readonly requestMethod = "POST";
  readonly requestHeader: GrpcHeaders;
  readonly responseHeader = new GrpcHeaders();
  readonly responseTrailer = new GrpcHeaders();
  readonly end = new CallEnd();
  /** Milliseconds since 1970, or Infinity. */
  readonly deadline: number;
  readonly values: ContextValues;
  /** A function of its own: implementations take it from the context. */
  readonly timeoutMs = (): number | undefined =>
    Number.isFinite(this.deadline) ? this.deadline - Date.now() : undefined;
  readonly #call: ServerCall;

  constructor(method: DescMethod, call: ServerCall) {
    this.method = method;
    this.requestHeader = new GrpcHeaders(call.metadata);
    this.deadline = Number(call.getDeadline());
    this.values = createContextValues()
      .set(callEndKey, this.end)
      .set(peerAddressKey, () => peerAddress(call.getPeer()))
      .set(certificateNamesKey, () => peerCertificateNames(call))
      .set(contextKey, this);
    this.#call = call;
  }

  get service() {
    return this.method.parent;
  }

  get url() {
    return `http://${this.#call.getHost()}${methodPath(this.method)}`;
  }

  get signal() {
    return this.end.signal;
  }
}

const deadlineExceeded = () => new ConnectError("the operation timed out", Code.DeadlineExceeded);
const callerCanceled = () => new ConnectError("the caller canceled the call", Code.Canceled);

/** Throws INVALID_ARGUMENT. */
export function decode(desc: DescMessage, bytes: Uint8Array): Message {
  try {
    return fromBinary(desc, bytes);
  } catch (error) {
    throw undecodableMessage(error);
  }
}

/** Applies interceptors as Connect does, the first outermost, but once for a method and not for every call. */
export function intercept(interceptors: readonly Interceptor[], innermost: ReturnType<Interceptor>) {
  return interceptors.reduceRight((next, interceptor) => interceptor(next), innermost);
}

/** A unary request for the interceptors. */
export function unaryRequest(context: CallContext, message: Message): UnaryRequest {
  return new OpenRequest(context, message);
}

/** As it came. Has no URL and no signal to be copied with the rest: whoever replaces it names them. */
class OpenRequest implements UnaryRequest {
  readonly stream = false;
  readonly requestMethod = "POST";
  readonly method: UnaryRequest["method"];
  readonly header: Headers;
  readonly contextValues: ContextValues;
  readonly message: Message;
  readonly #context: CallContext;

  constructor(context: CallContext, message: Message) {
    this.method = context.method as UnaryRequest["method"];
    this.header = context.requestHeader;
    this.contextValues = context.values;
    this.message = message;
    this.#context = context;
  }

  get service() {
    return this.#context.service;
  }

  get url() {
    return this.#context.url;
  }

  get signal() {
    return this.#context.signal;
  }
}

/** A request of a server stream for the interceptors. */
export function streamRequest(context: CallContext, message: StreamRequest["message"]): StreamRequest {
  return {
    stream: true,
    service: context.service,
    method: context.method as StreamRequest["method"],
    requestMethod: context.requestMethod,
    url: context.url,
    signal: context.signal,
    header: context.requestHeader,
    contextValues: context.values,
    message,
  };
}

/** The context for the implementation: as it was opened, with what the interceptors have put in its place. */
export function handlerContext(req: UnaryRequest | StreamRequest): HandlerContext {
  const context = req.contextValues.get(contextKey);
  if (context === undefined) throw new Error("the call has lost its context");
  if (req instanceof OpenRequest) return context;
  const { service, method, protocolName, requestMethod, responseHeader, responseTrailer } = context;
  const { url, signal, header: requestHeader, contextValues: values } = req;
  return {
    service,
    method,
    protocolName,
    requestMethod,
    url,
    signal,
    timeoutMs: context.timeoutMs,
    requestHeader,
    responseHeader,
    responseTrailer,
    values,
  };
}

const contextKey = createContextKey<CallContext | undefined>(undefined, { description: "handler context" });

/** "10.0.0.7:41234" and "::ffff:10.0.0.7:41234" are 10.0.0.7. */
function peerAddress(peer: string): string {
  return plainAddress(peer.replace(/:\d+$/, ""));
}

/** Reading a certificate takes 33 µs, measured; over plaintext there is none to read. */
function peerCertificateNames(call: ServerCall): readonly string[] | undefined {
  const { sslPeerCertificate } = call.getAuthContext();
  return sslPeerCertificate && certificateNames(sslPeerCertificate.subjectaltname);
}

/** IPv4 addresses without the IPv6 form that dual-stack sockets give them (RFC 4291, section 2.5.5.2). */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, "");
}

/** Messages as the implementation may give them, a subset of fields, made whole. */
export async function* complete<Desc extends DescMessage>(
  desc: Desc,
  messages: AsyncIterable<MessageInitShape<Desc>>,
): AsyncIterable<MessageShape<Desc>> {
  for await (const message of messages) yield create(desc, message);
}
