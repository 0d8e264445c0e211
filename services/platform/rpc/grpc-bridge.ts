import { once } from "node:events";
import { create, type DescMethod, type Message, toBinary } from "@bufbuild/protobuf";
import {
  ConnectError,
  type HandlerContext,
  type Interceptor,
  type MethodImplSpec,
  type ServiceImplSpec,
} from "@connectrpc/connect";
import { createAsyncIterable } from "@connectrpc/connect/protocol";
import {
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  type ServerWritableStream,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { nextTurn } from "../next-turn.ts";
import { callOver } from "./call-over.ts";
import {
  type CallContext,
  complete,
  decode,
  handlerContext,
  intercept,
  methodPath,
  openContext,
  streamRequest,
  unaryRequest,
} from "./grpc-call.ts";
import { metadataOf } from "./grpc-headers.ts";
import { toGrpcStatus } from "./grpc-status.ts";

export interface BridgeOptions {
  /** Outermost first. */
  readonly interceptors: readonly Interceptor[];
  /** Sees every call before its message is decoded. */
  readonly opened: (context: HandlerContext) => void;
  /** Told of calls that fail before the interceptors see them. */
  readonly refused: (context: HandlerContext, error: ConnectError) => void;
}

const noMetadata = new Metadata();

type Spec<Kind extends MethodImplSpec["kind"]> = Extract<MethodImplSpec, { kind: Kind }>;

/**
 * A Connect implementation as grpc-js serves it: unary methods and server streams, with the same interceptors, headers,
 * trailers, deadlines, cancellation and error details that Connect's own listener gives them.
 */
export function bridgeService(
  spec: ServiceImplSpec,
  options: BridgeOptions,
): { definition: ServiceDefinition; implementation: UntypedServiceImplementation } {
  const methods = Object.values(spec.methods);
  return {
    definition: Object.fromEntries(methods.map(({ method }) => [method.name, define(method)])),
    implementation: Object.fromEntries(methods.map((method) => [method.method.name, bridge(method, options)])),
  };
}

function bridge(spec: MethodImplSpec, options: BridgeOptions) {
  switch (spec.kind) {
    case "unary":
      return bridgeUnary(spec, options);
    case "server_streaming":
      return bridgeServerStreaming(spec, options);
    default:
      throw new Error(`${methodPath(spec.method)}: client streams are not supported`);
  }
}

function bridgeUnary(spec: Spec<"unary">, options: BridgeOptions): handleUnaryCall<Buffer, Uint8Array> {
  const { method } = spec;
  const handle = intercept(options.interceptors, async (req) => {
    const context = handlerContext(req);
    const { service, responseHeader: header, responseTrailer: trailer } = context;
    const message = create(method.output, await spec.impl(req.message as Message, context));
    return { stream: false, service, method, header, trailer, message };
  });

  return async (call, callback) => {
    const context = openContext(method, call);
    try {
      await nextTurn();
      const res = await handle(unaryRequest(context, receive(context, call.request, options)));
      const bytes = toBinary(method.output, res.message as Message);
      const header = metadataOf(res.header);
      if (header !== undefined) call.sendMetadata(header);
      callback(null, bytes, metadataOf(res.trailer));
    } catch (error) {
      callback(toGrpcStatus(error, context));
    } finally {
      context.end.end(callOver);
    }
  };
}

function bridgeServerStreaming(
  spec: Spec<"server_streaming">,
  options: BridgeOptions,
): handleServerStreamingCall<Buffer, Uint8Array> {
  const { method } = spec;
  const handle = intercept(options.interceptors, async (req) => {
    const context = handlerContext(req);
    const { service, responseHeader: header, responseTrailer: trailer } = context;
    const message = complete(method.output, spec.impl(await single(req.message as AsyncIterable<Message>), context));
    return { stream: true, service, method, header, trailer, message };
  });

  return async (call) => {
    const context = openContext(method, call);
    try {
      const message = createAsyncIterable([receive(context, call.request, options)]);
      const res = await handle(streamRequest(context, message));
      for await (const output of res.message as AsyncIterable<Message>) {
        call.sendMetadata(metadataOf(res.header) ?? noMetadata); // Only the first time has an effect.
        await write(call, toBinary(method.output, output), context.signal);
      }
      call.end(metadataOf(res.trailer));
    } catch (error) {
      call.emit("error", toGrpcStatus(error, context));
    } finally {
      context.end.end(callOver);
    }
  };
}

function receive(context: CallContext, bytes: Buffer, options: BridgeOptions): Message {
  options.opened(context);
  try {
    return decode(context.method.input, bytes);
  } catch (error) {
    options.refused(context, ConnectError.from(error));
    throw error;
  }
}

async function single(messages: AsyncIterable<Message>): Promise<Message> {
  for await (const message of messages) return message;
  throw new Error("the request has no message");
}

/** Waits while the receiver is slower than we are. */
async function write(call: ServerWritableStream<Buffer, Uint8Array>, bytes: Uint8Array, signal: AbortSignal) {
  if (!call.write(bytes)) await once(call, "drain", { signal });
}

/** Messages pass grpc-js as bytes, so that one that cannot be decoded is answered by us and not by it. */
function define(method: DescMethod): ServiceDefinition[string] {
  const toBuffer = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const asIs = (bytes: Buffer) => bytes;
  return {
    path: methodPath(method),
    requestStream: false,
    responseStream: method.methodKind === "server_streaming",
    requestSerialize: toBuffer,
    requestDeserialize: asIs,
    responseSerialize: toBuffer,
    responseDeserialize: asIs,
  };
}
