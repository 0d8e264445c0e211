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

interface ErrorDetail extends ErrorOptions {
  /** Path of the request field at fault, as protobuf spells it, e.g. "user.name". */
  readonly field?: string;
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
  readonly retryAfterMs: number | undefined;

  constructor(kind: ErrorKind, reason: string, message: string, detail: ErrorDetail = {}) {
    super(message, detail);
    this.kind = kind;
    this.reason = reason;
    this.field = detail.field;
    this.retryAfterMs = detail.retryAfterMs;
  }
}
