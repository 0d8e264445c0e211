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
  createContextKey,
  createContextValues,
  createHandlerContext,
  type HandlerContext,
  type Interceptor,
  type StreamRequest,
  type UnaryRequest,
} from "@connectrpc/connect";
import type { ServerUnaryCall } from "@grpc/grpc-js";
import { peerAddressKey } from "./caller.ts";
import { undecodableMessage } from "./connect-errors.ts";
import { toHeaders } from "./grpc-metadata.ts";

/** What unary and streaming calls of grpc-js have in common. */
type ServerCall = Pick<ServerUnaryCall<Buffer, Uint8Array>, "metadata" | "getPeer" | "getHost" | "getDeadline"> & {
  once(event: "cancelled", listener: () => void): unknown;
};
export type CallContext = ReturnType<typeof createHandlerContext>;

/** The path of a gRPC method: "/limen.users.v1.UserService/GetUser". */
export function methodPath(method: DescMethod): string {
  return `/${method.parent.typeName}/${method.name}`;
}

/** A grpc-js call as Connect's implementations and interceptors see it. Its signal follows deadline and cancellation. */
export function openContext(method: DescMethod, call: ServerCall): CallContext {
  const deadline = Number(call.getDeadline());
  const context = createHandlerContext({
    service: method.parent,
    method,
    protocolName: "grpc",
    requestMethod: "POST",
    url: `http://${call.getHost()}${methodPath(method)}`,
    ...(Number.isFinite(deadline) ? { timeoutMs: deadline - Date.now() } : {}),
    requestHeader: toHeaders(call.metadata),
    contextValues: createContextValues().set(peerAddressKey, peerAddress(call.getPeer())),
  });
  context.values.set(contextKey, context);
  call.once("cancelled", () => {
    // Also emitted after every answer, when it no longer matters.
    if (context.signal.aborted) return;
    context.abort(
      Date.now() >= deadline
        ? new ConnectError("the operation timed out", Code.DeadlineExceeded)
        : new ConnectError("the caller canceled the call", Code.Canceled),
    );
  });
  return context;
}

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

/** What a request to the interceptors has besides its message. */
export function requestCommon(context: HandlerContext) {
  return {
    service: context.service,
    requestMethod: context.requestMethod,
    url: context.url,
    signal: context.signal,
    header: context.requestHeader,
    contextValues: context.values,
  };
}

/** The context for the implementation: as it was opened, with what the interceptors have put in its place. */
export function handlerContext(req: UnaryRequest | StreamRequest): HandlerContext {
  const context = req.contextValues.get(contextKey);
  if (context === undefined) throw new Error("the call has lost its context");
  return { ...context, requestHeader: req.header, signal: req.signal, values: req.contextValues };
}

const contextKey = createContextKey<HandlerContext | undefined>(undefined, { description: "handler context" });

/** "10.0.0.7:41234" and "::ffff:10.0.0.7:41234" are 10.0.0.7. */
function peerAddress(peer: string): string {
  return plainAddress(peer.replace(/:\d+$/, ""));
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
