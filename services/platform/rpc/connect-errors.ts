import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "../../../proto/gen/google/rpc/error_details_pb.ts";
import { DomainError, type ErrorKind, type FieldViolation } from "../errors.ts";

/** Namespace of the reasons in google.rpc.ErrorInfo (AIP-193). */
const errorDomain = "limen";

const codes: Record<ErrorKind, Code> = {
  "invalid-argument": Code.InvalidArgument,
  unauthenticated: Code.Unauthenticated,
  "permission-denied": Code.PermissionDenied,
  "not-found": Code.NotFound,
  "already-exists": Code.AlreadyExists,
  "failed-precondition": Code.FailedPrecondition,
  aborted: Code.Aborted,
  "resource-exhausted": Code.ResourceExhausted,
  unavailable: Code.Unavailable,
};

/** Every failure leaves as a status: see {@link toConnectError}. */
export const translateErrors: Interceptor = (next) => async (req) => {
  try {
    const res = await next(req);
    return res.stream ? { ...res, message: translated(res.message) } : res;
  } catch (error) {
    throw toConnectError(error);
  }
};

async function* translated<T>(messages: AsyncIterable<T>): AsyncIterable<T> {
  try {
    yield* messages;
  } catch (error) {
    throw toConnectError(error);
  }
}

/**
 * The only place where a failure becomes a status code. A DomainError is found behind whatever wrapped it on its way
 * up; anything unknown becomes "internal error", with the error itself kept as the cause, for the log alone.
 */
export function toConnectError(error: unknown): ConnectError {
  if (error instanceof ConnectError) return blameCaller(error);
  const failure = findDomainError(error);
  if (failure === undefined) {
    return new ConnectError("internal error", Code.Internal, undefined, undefined, error);
  }
  const { reason, message, violations, retryAfterMs } = failure;
  const info = { desc: ErrorInfoSchema, value: { reason, domain: errorDomain } };
  const badRequest = violations.length > 0 && { desc: BadRequestSchema, value: badFields(violations) };
  const retry = retryAfterMs !== undefined && { desc: RetryInfoSchema, value: retryIn(retryAfterMs) };
  return new ConnectError(
    message,
    codes[failure.kind],
    retryAfterMs === undefined ? undefined : { "retry-after": String(Math.ceil(retryAfterMs / 1000)) },
    [info, badRequest, retry].filter((detail) => !!detail),
    error,
  );
}

/** The reason that Limen gave for a failure, e.g. "EMAIL_TAKEN"; undefined where it gave none. */
export function reasonOf(error: ConnectError): string | undefined {
  return error.findDetails(ErrorInfoSchema).find((info) => info.domain === errorDomain)?.reason;
}

const undecodable = "parse binary: ";

/** A message that is not of its type, e.g. because its text is not UTF-8. */
export function undecodableMessage(cause: unknown): ConnectError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new ConnectError(`${undecodable}${why}`, Code.InvalidArgument, undefined, undefined, cause);
}

/** Connect calls bytes that it cannot decode INTERNAL, but who sent them is to blame. Changes and returns the error. */
export function blameCaller(error: ConnectError): ConnectError {
  return error.code === Code.Internal && error.rawMessage.startsWith(undecodable)
    ? Object.assign(error, { code: Code.InvalidArgument })
    : error;
}

function findDomainError(error: unknown): DomainError | undefined {
  for (let e = error; e instanceof Error; e = e.cause) {
    if (e instanceof DomainError) return e;
  }
  return undefined;
}

function badFields(violations: readonly FieldViolation[]) {
  return { fieldViolations: violations.map(({ message, ...rest }) => ({ ...rest, description: message })) };
}

function retryIn(ms: number) {
  const whole = Math.ceil(ms);
  return { retryDelay: { seconds: BigInt(Math.floor(whole / 1000)), nanos: (whole % 1000) * 1_000_000 } };
}
