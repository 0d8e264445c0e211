import { type FieldPath as RulePath, ViolationsSchema } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "../proto/gen/google/rpc/error_details_pb.ts";
import { internalProblem, invalidRequest, Problem, type Violation } from "./problem.ts";

/** Status of a failure by its code, and by code and reason where the reason says more. The only such table. */
const statuses: Readonly<Record<Code, number>> = {
  [Code.Canceled]: 503,
  [Code.Unknown]: 500,
  [Code.InvalidArgument]: 400,
  [Code.DeadlineExceeded]: 504,
  [Code.NotFound]: 404,
  [Code.AlreadyExists]: 409,
  [Code.PermissionDenied]: 403,
  [Code.ResourceExhausted]: 429,
  [Code.FailedPrecondition]: 409,
  [Code.Aborted]: 409,
  [Code.OutOfRange]: 400,
  [Code.Unimplemented]: 501,
  [Code.Internal]: 500,
  [Code.Unavailable]: 503,
  [Code.DataLoss]: 500,
  [Code.Unauthenticated]: 401,
};
const statusesByReason: Partial<Record<Code, Readonly<Record<string, number>>>> = {
  // The gateway's own, which no caller can mend.
  [Code.Unauthenticated]: { INVALID_SERVICE_CREDENTIAL: 500 },
  [Code.PermissionDenied]: { PEER_NOT_ALLOWED: 500 },
  [Code.ResourceExhausted]: { OVERLOADED: 503 },
  [Code.FailedPrecondition]: { IDEMPOTENCY_MISMATCH: 422 },
  [Code.Aborted]: { ETAG_MISMATCH: 412 },
};

/** What is said of a failure that does not say itself what the caller may know of it. */
const unexplained: Readonly<Record<number, readonly [reason: string, detail: string]>> = {
  400: ["INVALID_ARGUMENT", "the request is not acceptable"],
  401: ["UNAUTHENTICATED", "a valid access token is required"],
  403: ["PERMISSION_DENIED", "this is not allowed to you"],
  404: ["NOT_FOUND", "there is no such thing"],
  409: ["CONFLICT", "the state of things does not allow this"],
  429: ["RESOURCE_EXHAUSTED", "too many requests; try again later"],
  501: ["UNIMPLEMENTED", "this is not available"],
  503: ["UNAVAILABLE", "the service is not available; try again later"],
  504: ["DEADLINE_EXCEEDED", "the request took too long"],
};

/**
 * What a failed call looks like over HTTP. Only an error that carries a reason or violations was made for the caller's
 * eyes: any other text, a socket's or a bug's, stays inside.
 * @param spell turns a path as protobuf writes it into one that the client knows
 */
export function upstreamProblem(error: unknown, spell: (path: string) => string): Problem {
  if (error instanceof Problem) return error;
  if (!(error instanceof ConnectError)) return internalProblem(error);
  const info = error.findDetails(ErrorInfoSchema)[0];
  const violations = violationsOf(error, spell);
  if (info === undefined && violations.length > 0) return invalidRequest(violations, { cause: error });
  const status = (info && statusesByReason[error.code]?.[info.reason]) ?? statuses[error.code];
  if (status === 500) return internalProblem(error);
  const [reason, detail] = unexplained[status] ?? ["FAILED", "the request failed"];
  return new Problem({
    status,
    reason: info?.reason || reason,
    detail: info === undefined ? detail : error.rawMessage,
    violations,
    headers: headersOf(status, error),
    cause: error,
  });
}

function headersOf(status: number, error: ConnectError): Record<string, string> {
  if (status === 401) return { "www-authenticate": "Bearer" };
  if (status !== 429 && status !== 503) return {};
  const delay = error.findDetails(RetryInfoSchema)[0]?.retryDelay;
  const seconds = delay === undefined ? 1 : Number(delay.seconds) + (delay.nanos > 0 ? 1 : 0);
  return { "retry-after": String(Math.max(1, seconds)) };
}

function violationsOf(error: ConnectError, spell: (path: string) => string): Violation[] {
  const broken = error.findDetails(ViolationsSchema).flatMap(({ violations }) => violations);
  const fields = error.findDetails(BadRequestSchema).flatMap(({ fieldViolations }) => fieldViolations);
  return [
    ...broken.map(({ field, ruleId, message }) => ({
      field: field === undefined ? "" : spell(written(field)),
      rule: ruleId,
      message,
    })),
    ...fields.map(({ field, reason, description }) => ({
      field: spell(field),
      rule: reason,
      message: description,
    })),
  ];
}

/** As protobuf writes paths: `user.labels["key"]`, `ids[0]`. */
function written({ elements }: RulePath): string {
  return elements
    .map(({ fieldName, subscript }) => {
      if (subscript.case === undefined) return fieldName;
      return `${fieldName}[${subscript.case === "stringKey" ? JSON.stringify(subscript.value) : subscript.value}]`;
    })
    .join(".");
}
