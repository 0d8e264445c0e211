import { type CallOptions, Metadata, type ServiceError } from "@grpc/grpc-js";
import type { Connection } from "./grpc-connections.ts";
import { GrpcHeaders, metadataOf } from "./grpc-headers.ts";
import { fromGrpcStatus } from "./grpc-status.ts";

interface CallRequest {
  readonly header: Headers;
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
}

interface UnaryAnswer {
  readonly message: Uint8Array;
  readonly header: Headers;
  readonly trailer: Headers;
}

interface StreamAnswer {
  readonly messages: AsyncIterable<Uint8Array>;
  readonly header: Headers;
  /** Filled when the messages have been read. */
  readonly trailer: Headers;
}

/** One message there, one back. Rejects with a ConnectError. */
export function callUnary(
  connection: Connection,
  path: string,
  bytes: Uint8Array,
  req: CallRequest,
): Promise<UnaryAnswer> {
  return new Promise((resolve, reject) => {
    let message: Uint8Array | undefined;
    let header = new GrpcHeaders();
    const cancel = () => call.cancel();
    const call = connection.client.makeUnaryRequest(
      path,
      toBuffer,
      asIs,
      bytes,
      metadataOf(req.header) ?? new Metadata(),
      callOptions(req),
      (error, value) => {
        if (error !== null) reject(fromGrpcStatus(error));
        else message = value;
      },
    );
    connection.calls += 1;
    call.on("metadata", (metadata) => {
      header = new GrpcHeaders(metadata);
    });
    // Comes last, after the callback, whatever ended the call.
    call.on("status", ({ metadata }) => {
      connection.calls -= 1;
      req.signal.removeEventListener("abort", cancel);
      if (message !== undefined) resolve({ message, header, trailer: new GrpcHeaders(metadata) });
    });
    onAbort(req.signal, cancel);
  });
}

/** One message there, many back. Resolves with the first of them, or with the end; rejects with a ConnectError. */
export function callStream(
  connection: Connection,
  path: string,
  bytes: Uint8Array,
  req: CallRequest,
): Promise<StreamAnswer> {
  return new Promise((resolve, reject) => {
    const trailer = new GrpcHeaders();
    let failure: ServiceError | undefined;
    const call = connection.client.makeServerStreamRequest(
      path,
      toBuffer,
      asIs,
      bytes,
      metadataOf(req.header) ?? new Metadata(),
      callOptions(req),
    );
    connection.calls += 1;
    const cancel = () => call.cancel();
    const answer = (header: Headers) => resolve({ messages: read(), header, trailer });

    async function* read(): AsyncIterable<Uint8Array> {
      try {
        for await (const message of call) yield message;
      } catch (error) {
        throw failure === undefined ? error : fromGrpcStatus(failure);
      } finally {
        cancel();
      }
      // It may have failed before anyone read.
      if (failure !== undefined) throw fromGrpcStatus(failure);
    }

    call.on("metadata", (metadata) => answer(new GrpcHeaders(metadata)));
    call.on("error", (error: Error) => {
      // Leaving the loop destroys the stream, which is reported here too, after the call's own failure if it had one.
      if (failure !== undefined || !isServiceError(error)) return;
      failure = error;
      reject(fromGrpcStatus(error));
    });
    call.on("status", ({ metadata }) => {
      connection.calls -= 1;
      req.signal.removeEventListener("abort", cancel);
      for (const [key, value] of new GrpcHeaders(metadata)) trailer.append(key, value);
      answer(new GrpcHeaders());
    });
    onAbort(req.signal, cancel);
  });
}

function isServiceError(error: Error): error is ServiceError {
  return "metadata" in error;
}

function callOptions({ timeoutMs }: CallRequest): CallOptions {
  return timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs };
}

function onAbort(signal: AbortSignal, listener: () => void): void {
  if (signal.aborted) listener();
  else signal.addEventListener("abort", listener, { once: true });
}

const toBuffer = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const asIs = (bytes: Buffer) => bytes;
