import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { outcomeOf } from "./rpc-span.ts";

describe("the outcome of a call's span", () => {
  it("spells every status as gRPC does (https://grpc.io/docs/guides/status-codes/)", () => {
    const names = Object.values(Code)
      .filter((code) => typeof code === "number")
      .map((code) => outcomeOf("client", new ConnectError("", code)).attributes["rpc.response.status_code"]);
    assert.deepEqual(names, [
      ...["CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS"],
      ...["PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE"],
      ...["UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"],
    ]);
    assert.deepEqual(outcomeOf("server", undefined), { attributes: { "rpc.response.status_code": "OK" } });
  });

  it("is an error of the server only where the server is to blame", () => {
    const failed = (side: "client" | "server", code: Code) => "error" in outcomeOf(side, new ConnectError("", code));
    assert.deepEqual([failed("client", Code.NotFound), failed("server", Code.NotFound)], [true, false]);
    assert.deepEqual([failed("client", Code.Unavailable), failed("server", Code.Unavailable)], [true, true]);
  });

  it("tells nothing of the message", () => {
    const secret = new ConnectError("ada@example.com is taken", Code.AlreadyExists);
    assert.doesNotMatch(JSON.stringify([outcomeOf("server", secret), outcomeOf("client", secret)]), /ada/);
  });
});
