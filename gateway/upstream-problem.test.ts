import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { create } from "@bufbuild/protobuf";
import { createValidator, violationsToProto } from "@bufbuild/protovalidate";
import { Code, ConnectError } from "@connectrpc/connect";
import { RegisterRequestSchema } from "../proto/gen/limen/auth/v1/auth_service_pb.ts";
import { DomainError, type ErrorKind } from "../services/platform/errors.ts";
import { toConnectError } from "../services/platform/rpc/connect-errors.ts";
import { jsonPathOf } from "./field-path.ts";
import { upstreamProblem } from "./upstream-problem.ts";

const problemOf = (error: unknown) => upstreamProblem(error, (path) => jsonPathOf(RegisterRequestSchema, path));

describe("problem of a failed call", () => {
  const table: [ErrorKind, string, number][] = [
    ["already-exists", "EMAIL_TAKEN", 409],
    ["failed-precondition", "IDEMPOTENCY_MISMATCH", 422],
    ["failed-precondition", "USER_DELETED", 409],
    ["aborted", "ETAG_MISMATCH", 412],
    ["aborted", "OTHER", 409],
    ["resource-exhausted", "OVERLOADED", 503],
    ["resource-exhausted", "THROTTLED", 429],
    ["unavailable", "DEPENDENCY_UNAVAILABLE", 503],
    ["unauthenticated", "INVALID_CREDENTIALS", 401],
    ["permission-denied", "NOT_OWNER", 403],
    ["not-found", "USER_NOT_FOUND", 404],
    ["invalid-argument", "INVALID_NAME", 400],
  ];
  for (const [kind, reason, status] of table) {
    it(`${kind} (${reason}) is ${status}, in its own words`, () => {
      const problem = problemOf(toConnectError(new DomainError(kind, reason, "what happened")));
      assert.deepEqual([problem.status, problem.reason, problem.message], [status, reason, "what happened"]);
    });
  }

  it("says nothing of what was not made for the caller", () => {
    const secret = "connect ECONNREFUSED 10.0.0.7:5432 select * from users";
    const failures: [unknown, number, string][] = [
      [new TypeError(secret), 500, "INTERNAL"],
      [new ConnectError(secret, Code.Internal), 500, "INTERNAL"],
      [new ConnectError(secret, Code.Unknown), 500, "INTERNAL"],
      [toConnectError(new DomainError("unauthenticated", "INVALID_SERVICE_CREDENTIAL", secret)), 500, "INTERNAL"],
      [new ConnectError(secret, Code.Unavailable), 503, "UNAVAILABLE"],
      [new ConnectError(secret, Code.DeadlineExceeded), 504, "DEADLINE_EXCEEDED"],
      [new ConnectError(secret, Code.InvalidArgument), 400, "INVALID_ARGUMENT"],
      [new ConnectError(secret, Code.Unimplemented), 501, "UNIMPLEMENTED"],
    ];
    for (const [error, status, reason] of failures) {
      const problem = problemOf(error);
      assert.deepEqual([problem.status, problem.reason], [status, reason]);
      assert.ok(!JSON.stringify([problem.message, problem.violations, problem.headers]).includes("10.0.0.7"));
    }
  });

  it("says when to come back", () => {
    const after = (retryAfterMs?: number) =>
      problemOf(
        toConnectError(
          new DomainError(
            "resource-exhausted",
            "OVERLOADED",
            "busy",
            retryAfterMs === undefined ? {} : { retryAfterMs },
          ),
        ),
      ).headers["retry-after"];
    assert.deepEqual([after(2_300), after(2_000), after(10), after()], ["3", "2", "1", "1"]);
    assert.equal(problemOf(new ConnectError("", Code.Unavailable)).headers["retry-after"], "1");
    assert.equal(problemOf(new ConnectError("", Code.NotFound)).headers["retry-after"], undefined);
  });

  it("asks for a token where one is missing", () => {
    assert.equal(problemOf(new ConnectError("", Code.Unauthenticated)).headers["www-authenticate"], "Bearer");
  });

  it("names fields as JSON does, from a domain rule", () => {
    const { violations } = problemOf(
      toConnectError(new DomainError("invalid-argument", "KEY_BAD", "bad", { field: "idempotency_key" })),
    );
    assert.deepEqual(violations, [{ field: "idempotencyKey", rule: "KEY_BAD", message: "bad" }]);
  });

  it("names every broken rule of the contract", () => {
    const request = create(RegisterRequestSchema, { name: "Ada", email: "x", idempotencyKey: "a b", password: "p" });
    const { violations = [] } = createValidator().validate(RegisterRequestSchema, request);
    const [value, desc] = violationsToProto(violations);
    const problem = problemOf(new ConnectError("invalid", Code.InvalidArgument, undefined, [{ desc, value }]));
    assert.deepEqual([problem.status, problem.reason], [400, "INVALID_REQUEST"]);
    assert.deepEqual(
      problem.violations.map(({ field, rule }) => [field, rule]),
      [
        ["email", "string.email"],
        ["idempotencyKey", "string.pattern"],
      ],
    );
    assert.match(problem.message, /^email: .+; idempotencyKey: /);
  });
});
