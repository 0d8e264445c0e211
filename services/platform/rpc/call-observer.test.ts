import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Code, ConnectError, createHandlerContext } from "@connectrpc/connect";
import { Registry } from "prom-client";
import { UserService } from "../../../proto/gen/limen/users/v1/user_service_pb.ts";
import { createObservation, type FinishedCall } from "./call-observer.ts";
import { runStream, runUnary, streamed } from "./interceptor.fixture.ts";
import { createRpcMetrics } from "./rpc-metrics.ts";

function observe() {
  const calls: FinishedCall[] = [];
  const observation = createObservation([(call) => void calls.push(call)]);
  const codes = () => calls.map(({ method, code }) => `${method.name} ${code}`);
  return { observation, calls, codes };
}

describe("observation of calls", () => {
  it("reports each unary call once", async () => {
    const { observation, codes } = observe();
    await runUnary(observation.interceptor);
    const failing = runUnary(observation.interceptor, () => {
      throw new ConnectError("gone", Code.NotFound);
    });
    await assert.rejects(failing, { code: Code.NotFound });
    assert.deepEqual(codes(), ["GetUser ok", "GetUser not_found"]);
  });

  it("reports a stream when it is over: read, failed or left", async () => {
    const { observation, codes } = observe();
    const two = async function* () {
      yield streamed();
      yield streamed();
    };
    const read = await runStream(observation.interceptor, two);
    for await (const _ of read.message) assert.deepEqual(codes(), []);
    const left = await runStream(observation.interceptor, two);
    for await (const _ of left.message) break;
    const failed = await runStream(observation.interceptor, async function* () {
      yield streamed();
      throw new ConnectError("away", Code.Unavailable);
    });
    await assert.rejects(Array.fromAsync(failed.message), { code: Code.Unavailable });
    assert.deepEqual(codes(), ["WatchRevocations ok", "WatchRevocations canceled", "WatchRevocations unavailable"]);
  });

  it("reports a call that never got as far as an interceptor", () => {
    const { observation, calls, codes } = observe();
    const context = createHandlerContext({
      service: UserService,
      method: UserService.method.getUser,
      protocolName: "grpc",
      requestMethod: "POST",
      url: "http://test",
    });
    observation.refused(context, new ConnectError("what is this", Code.InvalidArgument));
    assert.deepEqual(codes(), ["GetUser invalid_argument"]);
    assert.equal(calls[0]?.error?.rawMessage, "what is this");
  });

  it("fills the histogram", async () => {
    const registry = new Registry();
    const { interceptor } = createObservation([createRpcMetrics(registry)]);
    await runUnary(interceptor);
    assert.match(
      await registry.metrics(),
      /limen_rpc_duration_seconds_count\{service="limen\.users\.v1\.UserService",method="GetUser",code="ok"\} 1/,
    );
  });
});
