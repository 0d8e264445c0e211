/** The gRPC status codes that a domain rule can produce, named without depending on gRPC. */
export type ErrorKind =
  | "invalid-argument"
  | "unauthenticated"
  | "permission-denied"
  | "not-found"
  | "already-exists"
  | "failed-precondition"
  | "aborted"
  | "resource-exhausted"
  | "unavailable";

/** One thing that is wrong with one field of a request. */
export interface FieldViolation {
  /** Path of the field, as protobuf spells it, e.g. "user.name". */
  readonly field: string;
  /** Stable and machine-readable, like the reason of an error. */
  readonly reason: string;
  /** For people. */
  readonly message: string;
}

interface ErrorDetail extends ErrorOptions {
  /** Path of the request field at fault, as protobuf spells it, e.g. "user.name". */
  readonly field?: string;
  /** Where more than one thing is wrong, each of them. */
  readonly violations?: readonly FieldViolation[];
  /** When the same call may succeed. */
  readonly retryAfterMs?: number;
}

/** A failure that the caller is allowed to see. Anything else is reported as "internal error". */
export class DomainError extends Error {
  override readonly name = "DomainError";
  readonly kind: ErrorKind;
  /** Stable and machine-readable, e.g. "EMAIL_TAKEN". Never reworded. */
  readonly reason: string;
  readonly field: string | undefined;
  /** Everything that is wrong with the request; empty where no field of it is. */
  readonly violations: readonly FieldViolation[];
  readonly retryAfterMs: number | undefined;

  constructor(kind: ErrorKind, reason: string, message: string, detail: ErrorDetail = {}) {
    super(message, detail);
    this.kind = kind;
    this.reason = reason;
    this.field = detail.field;
    this.violations =
      detail.violations ?? (detail.field === undefined ? [] : [{ field: detail.field, reason, message }]);
    this.retryAfterMs = detail.retryAfterMs;
  }
}
