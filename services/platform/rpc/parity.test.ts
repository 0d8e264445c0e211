import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import {
  type DescMethod,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  type DescService,
  getOption,
  type Message,
  toJson,
} from "@bufbuild/protobuf";
import { Code, ConnectError, type HandlerContext, type ServiceImpl, type Transport } from "@connectrpc/connect";
import { createAsyncIterable } from "@connectrpc/connect/protocol";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "../../../proto/gen/google/rpc/error_details_pb.ts";
import { AuthService } from "../../../proto/gen/limen/auth/v1/auth_service_pb.ts";
import { Access_Level, access } from "../../../proto/gen/limen/options/v1/options_pb.ts";
import { UserService } from "../../../proto/gen/limen/users/v1/user_service_pb.ts";
import { DomainError } from "../errors.ts";
import { bearer, gatewayCredential, startRpcServer, type TestServer } from "./rpc-server.fixture.ts";
import { sampleId, sampleMessage } from "./sample-message.fixture.ts";

const services: readonly DescService[] = [UserService, AuthService];
const methods = services.flatMap((service) => service.methods);
const transports = ["grpc", "connect json", "connect binary", "grpc-web"] as const;
const credentials = { ...bearer("admin", sampleId), ...gatewayCredential };

/** What the implementation saw of a call, for the test that made it. */
interface Seen {
  readonly entered: PromiseWithResolvers<HandlerContext>;
  readonly request: PromiseWithResolvers<Message>;
  readonly aborted: PromiseWithResolvers<void>;
}
const seen = new Map<string, Seen>();

/** Every method, doing what the header "x-script" says. */
function scripted(service: DescService): ServiceImpl<DescService> {
  const unary = async (request: Message, context: HandlerContext) => {
    await act(request, context);
    return sampleMessage(context.method.output);
  };
  async function* stream(request: Message, context: HandlerContext) {
    await act(request, context);
    yield sampleMessage(context.method.output);
    yield sampleMessage(context.method.output);
  }
  return Object.fromEntries(
    service.methods.map((method) => [method.localName, method.methodKind === "unary" ? unary : stream]),
  ) as ServiceImpl<DescService>;
}

async function act(request: Message, context: HandlerContext): Promise<void> {
  const call = seen.get(context.requestHeader.get("x-call") ?? "");
  call?.entered.resolve(context);
  call?.request.resolve(request);
  const aborted = new Promise<void>((resolve) => context.signal.addEventListener("abort", () => resolve()));
  void aborted.then(call?.aborted.resolve);
  context.responseHeader.set("x-answer", "header");
  context.responseHeader.set("x-answer-bin", "3q2+7w");
  context.responseTrailer.set("x-end", "trailer");
  switch (context.requestHeader.get("x-script")) {
    case "refuse":
      throw new Error("while working", {
        cause: new DomainError("resource-exhausted", "OVERLOADED", "too much to do", {
          field: "user.name",
          retryAfterMs: 1500,
        }),
      });
    case "break":
      throw new TypeError("select secret from vault");
    case "hang":
      await aborted;
  }
}

interface CallOptions {
  readonly header?: Record<string, string>;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

/** Everything that a client can see of a call. */
async function call(transport: Transport, method: DescMethod, options: CallOptions = {}) {
  const { signal, timeoutMs } = options;
  const header = { "x-request-id": "parity-1", ...(options.header ?? credentials) };
  const input = sampleMessage(method.input);
  try {
    if (method.methodKind === "unary") {
      const res = await transport.unary(method as DescMethodUnary, signal, timeoutMs, header, input);
      return { messages: [toJson(method.output, res.message)], ...metadata(res.header, res.trailer) };
    }
    assert.equal(method.methodKind, "server_streaming");
    const streaming = method as DescMethodServerStreaming;
    const res = await transport.stream(streaming, signal, timeoutMs, header, createAsyncIterable([input]));
    const messages = [];
    for await (const message of res.message) messages.push(toJson(method.output, message));
    return { messages, ...metadata(res.header, res.trailer) };
  } catch (error) {
    assert.ok(error instanceof ConnectError, String(error));
    return { error: describeFailure(error) };
  }
}

function describeFailure(error: ConnectError) {
  return {
    code: Code[error.code],
    message: error.rawMessage,
    info: error.findDetails(ErrorInfoSchema).map(({ reason, domain }) => ({ reason, domain })),
    fields: error.findDetails(BadRequestSchema).flatMap((detail) => detail.fieldViolations.map(({ field }) => field)),
    retryAfter: error.findDetails(RetryInfoSchema).map(({ retryDelay }) => [retryDelay?.seconds, retryDelay?.nanos]),
    details: error.details.map((detail) => ("type" in detail ? detail.type : detail.desc.typeName)),
    requestId: error.metadata.get("x-request-id"),
    retryAfterHeader: error.metadata.get("retry-after"),
  };
}

function metadata(header: Headers, trailer: Headers) {
  const names = ["x-request-id", "x-answer", "x-answer-bin", "x-end"];
  const pick = (headers: Headers) => names.map((name) => headers.get(name));
  return { header: pick(header), trailer: pick(trailer) };
}

function watch(): { id: string; call: Seen } {
  const id = randomUUID();
  const call: Seen = {
    entered: Promise.withResolvers(),
    request: Promise.withResolvers(),
    aborted: Promise.withResolvers(),
  };
  seen.set(id, call);
  return { id, call };
}

describe("both listeners", { concurrency: 16 }, () => {
  let server: TestServer;
  before(async () => {
    server = await startRpcServer({
      services: (registry) => services.forEach((service) => void registry.add(service, scripted(service))),
    });
  });
  after(() => server[Symbol.asyncDispose]());

  for (const method of methods) {
    for (const name of transports) {
      it(`${method.name} answers over ${name}`, async () => {
        const { id, call: observed } = watch();
        const answer = await call(server.transports[name], method, { header: { ...credentials, "x-call": id } });
        const message = toJson(method.output, sampleMessage(method.output));
        assert.deepEqual(answer, {
          messages: method.methodKind === "unary" ? [message] : [message, message],
          header: ["parity-1", "header", "3q2+7w", null],
          trailer: [null, null, null, "trailer"],
        });
        assert.deepEqual(
          toJson(method.input, await observed.request.promise),
          toJson(method.input, sampleMessage(method.input)),
        );
        const context = await observed.entered.promise;
        assert.equal(context.requestHeader.get("x-call"), id);
      });

      it(`${method.name} explains a refusal over ${name}`, async () => {
        const answer = await call(server.transports[name], method, {
          header: { ...credentials, "x-script": "refuse" },
        });
        assert.deepEqual(answer, {
          error: {
            code: "ResourceExhausted",
            message: "too much to do",
            info: [{ reason: "OVERLOADED", domain: "limen" }],
            fields: ["user.name"],
            retryAfter: [[1n, 500_000_000]],
            details: ["google.rpc.ErrorInfo", "google.rpc.BadRequest", "google.rpc.RetryInfo"],
            requestId: "parity-1",
            retryAfterHeader: "2",
          },
        });
      });

      it(`security 26: ${method.name} hides a bug over ${name}`, async () => {
        const answer = await call(server.transports[name], method, { header: { ...credentials, "x-script": "break" } });
        assert.deepEqual(answer.error?.code, "Internal");
        assert.deepEqual(answer.error?.message, "internal error");
        assert.deepEqual(answer.error?.details, []);
      });

      it(`${method.name} ends at its deadline over ${name}, and its signal with it`, async () => {
        const { id, call: observed } = watch();
        const header = { ...credentials, "x-script": "hang", "x-call": id };
        // On a busy machine a short deadline may pass before the call has reached the implementation.
        let entered = false;
        observed.entered.promise.then(() => {
          entered = true;
        });
        for (let timeoutMs = 50; !entered; timeoutMs *= 2) {
          const answer = await call(server.transports[name], method, { header, timeoutMs });
          assert.equal(answer.error?.code, "DeadlineExceeded");
        }
        await observed.aborted.promise;
      });

      it(`${method.name} learns over ${name} that its caller has gone`, async () => {
        const { id, call: observed } = watch();
        const caller = new AbortController();
        const header = { ...credentials, "x-script": "hang", "x-call": id };
        const answer = call(server.transports[name], method, { header, signal: caller.signal });
        await observed.entered.promise;
        caller.abort();
        assert.equal((await answer).error?.code, "Canceled");
        await observed.aborted.promise;
      });

      it(`security 23: ${method.name} asks for credentials over ${name} unless it is public`, async () => {
        const answer = await call(server.transports[name], method, { header: {} });
        const { level } = getOption(method, access);
        if (level === Access_Level.PUBLIC) assert.equal(answer.error, undefined);
        else assert.equal(answer.error?.code, "Unauthenticated");
      });
    }
  }
});
