import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { createDeadline } from "./deadline.ts";
import { runStream, runUnary, streamed, streamRequest, unaryRequest } from "./interceptor.fixture.ts";

const never = () => new Promise<never>(() => {});

describe("deadline", () => {
  const stopping = new AbortController();
  const deadline = createDeadline({ timeoutMs: 20, stopping: stopping.signal });

  it("ends a call that does not listen", async () => {
    let signal: AbortSignal | undefined;
    const call = runUnary(deadline, (req) => {
      signal = req.signal;
      return never();
    });
    await assert.rejects(call, { code: Code.DeadlineExceeded });
    assert.equal(signal?.aborted, true);
  });

  it("says why where a call that listens fails in its own words", async () => {
    const call = runUnary(
      deadline,
      (req) =>
        new Promise((_, reject) => {
          req.signal.addEventListener("abort", () => reject(new Error("query canceled")));
        }),
    );
    await assert.rejects(call, { code: Code.DeadlineExceeded });
  });

  it("passes on that the caller has gone", async () => {
    const caller = new AbortController();
    const call = runUnary(deadline, () => caller.abort(), unaryRequest({ signal: caller.signal }));
    await assert.rejects(call, { code: Code.Canceled });
    const late = runUnary(deadline, () => assert.fail("must not begin"), unaryRequest({ signal: caller.signal }));
    await assert.rejects(late, { code: Code.Canceled });
  });

  it("leaves answers, and failures of the call's own, as they are", async () => {
    assert.equal((await runUnary(deadline)).stream, false);
    const failure = new Error("mine");
    const failing = runUnary(deadline, () => {
      throw failure;
    });
    await assert.rejects(failing, failure);
  });

  it("ends a stream when its caller goes, and lets it clean up when they stop reading", async () => {
    const caller = new AbortController();
    const res = await runStream(
      deadline,
      async function* () {
        yield streamed();
        await never();
      },
      streamRequest({ signal: caller.signal }),
    );
    const messages = res.message[Symbol.asyncIterator]();
    await messages.next();
    const next = messages.next();
    caller.abort(new ConnectError("gone", Code.Canceled));
    await assert.rejects(next, { code: Code.Canceled });

    let cleanedUp = false;
    const left = await runStream(deadline, async function* () {
      try {
        yield streamed();
      } finally {
        cleanedUp = true;
      }
    });
    for await (const _ of left.message) break;
    assert.equal(cleanedUp, true);
  });

  it("ends streams when the service stops, whatever their age", async () => {
    const res = await runStream(deadline, async function* () {
      yield streamed();
      await never();
    });
    const messages = res.message[Symbol.asyncIterator]();
    await messages.next();
    const next = messages.next();
    stopping.abort(new ConnectError("stopping", Code.Unavailable));
    await assert.rejects(next, { code: Code.Unavailable });
  });
});
