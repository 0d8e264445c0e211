import { STATUS_CODES } from "node:http";

/** One thing that is wrong with a request. */
export interface Violation {
  /** Path of the value at fault in the JSON body, or the parameter's name; empty for the body as a whole. */
  readonly field: string;
  /** Machine-readable, e.g. "string.min_len" or "unknown_field". */
  readonly rule: string;
  readonly message: string;
}

interface ProblemInit extends ErrorOptions {
  readonly status: number;
  /** Machine-readable and never renamed, e.g. "EMAIL_TAKEN". */
  readonly reason: string;
  /** For people. Says nothing that the caller may not know. */
  readonly detail: string;
  readonly violations?: readonly Violation[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** A failure in the form in which it leaves the gateway. Its cause stays inside. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly status: number;
  readonly reason: string;
  readonly violations: readonly Violation[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(init: ProblemInit) {
    super(init.detail, init);
    this.status = init.status;
    this.reason = init.reason;
    this.violations = init.violations ?? [];
    this.headers = init.headers ?? {};
  }
}

/** The members of RFC 9457, section 3.1, and four of ours. The type is "about:blank": `reason` tells problems apart. */
export interface ProblemBody {
  readonly type: "about:blank";
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly reason: string;
  readonly requestId: string;
  readonly violations: readonly Violation[];
}

export const problemMediaType = "application/problem+json";

export const problemBody = (problem: Problem, requestId: string): ProblemBody => ({
  type: "about:blank",
  title: STATUS_CODES[problem.status] ?? "Unknown",
  status: problem.status,
  detail: problem.message,
  reason: problem.reason,
  requestId,
  violations: problem.violations,
});

/** The request can never succeed as it is. */
export const invalidRequest = (violations: readonly Violation[], options?: ErrorOptions): Problem =>
  new Problem({
    status: 400,
    reason: "INVALID_REQUEST",
    detail: violations.map(({ field, message }) => (field === "" ? message : `${field}: ${message}`)).join("; "),
    violations,
    ...options,
  });

export const malformedJson = (detail: string, options?: ErrorOptions): Problem =>
  new Problem({ status: 400, reason: "MALFORMED_JSON", detail, ...options });

export const unsupportedMediaType = (detail: string): Problem =>
  new Problem({
    status: 415,
    reason: "UNSUPPORTED_MEDIA_TYPE",
    detail,
    headers: { accept: "application/json", "accept-encoding": "identity" },
  });

export const preconditionFailed = (detail: string): Problem =>
  new Problem({ status: 412, reason: "ETAG_MISMATCH", detail });

export const routeNotFound = (): Problem =>
  new Problem({ status: 404, reason: "ROUTE_NOT_FOUND", detail: "there is nothing at this path" });

export const methodNotAllowed = (allowed: readonly string[]): Problem =>
  new Problem({
    status: 405,
    reason: "METHOD_NOT_ALLOWED",
    detail: `this path answers to ${allowed.join(", ")}`,
    headers: { allow: allowed.join(", ") },
  });

export const tooManyCalls = (): Problem =>
  new Problem({
    status: 503,
    reason: "OVERLOADED",
    detail: "too many such requests are being answered",
    headers: { "retry-after": "1" },
  });

/** A failure of ours, or one that nobody thought of. Nothing of its text leaves. */
export const internalProblem = (cause: unknown): Problem =>
  new Problem({ status: 500, reason: "INTERNAL", detail: "internal error", cause });
