import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { DomainError } from "../errors.ts";
import { currentTraceparent, withTraceparent } from "../trace.ts";
import { createRecordedSpans } from "./spans.fixture.ts";
import { errorType, inSpan, recordSpans } from "./spans.ts";

const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

describe("inSpan", () => {
  afterEach(() => recordSpans(undefined));

  it("makes the work a span of the trace at hand, from which what is inside goes on", async () => {
    const spans = createRecordedSpans();
    recordSpans(spans);
    const inside = await withTraceparent(parent, () =>
      inSpan("outer", {}, () => inSpan("inner", {}, async () => currentTraceparent())),
    );
    const [outer, inner] = spans.recorded;
    assert.deepEqual([outer?.parent, inner?.parent, inside], [parent, outer?.traceparent, inner?.traceparent]);
    assert.deepEqual([outer?.outcome, inner?.outcome], [{}, {}]);
  });

  it("ends with the reason when the work fails, which it hands on", async () => {
    const spans = createRecordedSpans();
    recordSpans(spans);
    const error = new DomainError("already-exists", "EMAIL_TAKEN", "ada@example.com is taken");
    await assert.rejects(
      withTraceparent(parent, () => inSpan("work", {}, () => Promise.reject(error))),
      error,
    );
    assert.deepEqual(spans.recorded[0]?.outcome, { error: "EMAIL_TAKEN" });
  });

  it("only does the work where there is no trace, and where nobody records", async () => {
    const work = async () => currentTraceparent();
    assert.equal(await withTraceparent(parent, () => inSpan("work", {}, work)), parent);
    const spans = createRecordedSpans();
    recordSpans(spans);
    assert.equal(await inSpan("work", {}, work), "");
    assert.deepEqual(spans.recorded, []);
  });
});

describe("errorType", () => {
  it("tells the reason, the code or the class, and never the message", () => {
    const secret = "a secret";
    const refused = Object.assign(new Error(secret), { code: "ECONNREFUSED" });
    assert.deepEqual(
      [
        new DomainError("already-exists", "EMAIL_TAKEN", secret),
        refused,
        new TypeError(secret),
        new ConnectError(secret, Code.NotFound),
        new Error(secret, { cause: refused }),
        secret,
        undefined,
      ].map(errorType),
      ["EMAIL_TAKEN", "ECONNREFUSED", "TypeError", "ConnectError", "ECONNREFUSED", "string", "undefined"],
    );
  });
});
