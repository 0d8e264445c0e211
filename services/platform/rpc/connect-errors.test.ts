import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, RetryInfoSchema } from "../../../proto/gen/google/rpc/error_details_pb.ts";
import { DomainError, type ErrorKind } from "../errors.ts";
import { reasonOf, toConnectError, translateErrors } from "./connect-errors.ts";
import { runStream, runUnary, streamed } from "./interceptor.fixture.ts";

describe("translation of errors", () => {
  const kinds: Record<ErrorKind, Code> = {
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
  for (const [kind, code] of Object.entries(kinds) as [ErrorKind, Code][]) {
    it(`gives ${kind} its code, message and reason`, () => {
      const error = toConnectError(new DomainError(kind, "SOME_REASON", "what happened"));
      assert.equal(error.code, code);
      assert.equal(error.rawMessage, "what happened");
      assert.equal(reasonOf(error), "SOME_REASON");
      assert.equal(error.details.length, 1);
    });
  }

  it("finds a failure that something wrapped on the way up", () => {
    const cause = new DomainError("already-exists", "EMAIL_TAKEN", "the address is taken");
    const error = toConnectError(new Error("while registering", { cause: new Error("in the repository", { cause }) }));
    assert.equal(error.code, Code.AlreadyExists);
    assert.equal(error.rawMessage, "the address is taken");
  });

  it("names the field at fault", () => {
    const failure = new DomainError("invalid-argument", "INVALID_NAME", "no", { field: "user.name" });
    const [detail] = toConnectError(failure).findDetails(BadRequestSchema);
    const [violation] = detail?.fieldViolations ?? [];
    assert.equal(violation?.field, "user.name");
    assert.equal(violation?.reason, "INVALID_NAME");
  });

  it("says when to come back, in whole seconds for headers", () => {
    const failure = new DomainError("resource-exhausted", "OVERLOADED", "later", { retryAfterMs: 2999.5 });
    const error = toConnectError(failure);
    assert.equal(error.metadata.get("retry-after"), "3");
    const [retry] = error.findDetails(RetryInfoSchema);
    assert.deepEqual([retry?.retryDelay?.seconds, retry?.retryDelay?.nanos], [3n, 0]);
  });

  it("security 26: hides what it does not know and keeps it for the log", async () => {
    const bug = new TypeError("select * from users failed");
    const failed = runUnary(translateErrors, () => {
      throw bug;
    });
    await assert.rejects(failed, (error) => {
      assert.ok(error instanceof ConnectError);
      assert.equal(error.message, "[internal] internal error");
      assert.equal(error.cause, bug);
      assert.equal(reasonOf(error), undefined);
      return true;
    });
  });

  it("translates what fails in the middle of a stream", async () => {
    const res = await runStream(translateErrors, async function* () {
      yield streamed();
      throw new DomainError("not-found", "REGISTRATION_NOT_FOUND", "no such registration");
    });
    const messages = res.message[Symbol.asyncIterator]();
    assert.equal((await messages.next()).done, false);
    await assert.rejects(messages.next(), { code: Code.NotFound });
  });
});
