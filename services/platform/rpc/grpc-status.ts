import { ConnectError } from "@connectrpc/connect";
import { findTrailerError, setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import { Metadata, status as Status, type StatusObject } from "@grpc/grpc-js";
import { toConnectError } from "./connect-errors.ts";
import { GrpcHeaders, withAll } from "./grpc-headers.ts";

/**
 * What grpc-js sends for a failed call. Details travel as a google.rpc.Status in `grpc-status-details-bin`; the headers
 * of the answer, which has no other place for them, travel with the trailers.
 */
export function toGrpcStatus(
  error: unknown,
  answer: { readonly responseHeader: Headers; readonly responseTrailer: Headers },
): StatusObject {
  const failure = toConnectError(error);
  // grpc-js and Connect percent-encode the text and would throw at a lone surrogate.
  const details = failure.rawMessage.toWellFormed();
  const status = setTrailerStatus(new Headers(), Object.assign(failure, { rawMessage: details }));
  return {
    code: failure.code as number,
    details,
    metadata: withAll(answer.responseHeader, answer.responseTrailer, status).metadata ?? new Metadata(),
  };
}

/** What a caller of grpc-js gets, as Connect's clients know it. */
export function fromGrpcStatus(status: StatusObject): ConnectError {
  const metadata = new GrpcHeaders(status.metadata);
  const detailed = findTrailerError(metadata);
  if (detailed !== undefined) return detailed;
  // grpc-js tells where the time went, in words that change.
  const details = status.code === Status.DEADLINE_EXCEEDED ? "the operation timed out" : status.details;
  return Object.assign(new ConnectError(details, status.code as number, metadata), { isWireError: true });
}
