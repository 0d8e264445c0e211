import { create, type Message } from "@bufbuild/protobuf";
import {
  createContextValues,
  type Interceptor,
  type StreamRequest,
  type StreamResponse,
  type UnaryRequest,
  type UnaryResponse,
} from "@connectrpc/connect";
import { createAsyncIterable } from "@connectrpc/connect/protocol";
import {
  AuthService,
  WatchRevocationsRequestSchema,
  WatchRevocationsResponseSchema,
} from "../../../proto/gen/limen/auth/v1/auth_service_pb.ts";
import {
  GetUserRequestSchema,
  GetUserResponseSchema,
  UserService,
} from "../../../proto/gen/limen/users/v1/user_service_pb.ts";

/** A call of UserService.GetUser as interceptors see it. */
export function unaryRequest(changes: Partial<UnaryRequest> = {}): UnaryRequest {
  return {
    stream: false,
    service: UserService,
    method: UserService.method.getUser,
    message: create(GetUserRequestSchema, { id: "me" }),
    ...common(),
    ...changes,
  } as UnaryRequest;
}

/** A call of AuthService.WatchRevocations as interceptors see it. */
export function streamRequest(changes: Partial<StreamRequest> = {}): StreamRequest {
  return {
    stream: true,
    service: AuthService,
    method: AuthService.method.watchRevocations,
    message: createAsyncIterable([create(WatchRevocationsRequestSchema)]),
    ...common(),
    ...changes,
  } as StreamRequest;
}

/** Runs a call through an interceptor; `work` stands for the implementation. */
export function runUnary(
  interceptor: Interceptor,
  work: (req: UnaryRequest) => Promise<void> | void = () => {},
  req = unaryRequest(),
): Promise<UnaryResponse> {
  return interceptor(async (inner) => {
    await work(inner as UnaryRequest);
    const message = create(GetUserResponseSchema);
    return { stream: false, service: UserService, method: req.method, message, ...answer() } as UnaryResponse;
  })(req) as Promise<UnaryResponse>;
}

/** Runs a server stream through an interceptor. */
export async function runStream(
  interceptor: Interceptor,
  work: (req: StreamRequest) => AsyncIterable<Message>,
  req = streamRequest(),
): Promise<StreamResponse> {
  const res = await interceptor(
    async (inner) =>
      ({
        stream: true,
        service: AuthService,
        method: req.method,
        message: work(inner as StreamRequest),
        ...answer(),
      }) as StreamResponse,
  )(req);
  return res as StreamResponse;
}

export const streamed = () => create(WatchRevocationsResponseSchema);

function common() {
  return {
    requestMethod: "POST",
    url: "http://test",
    signal: new AbortController().signal,
    header: new Headers(),
    contextValues: createContextValues(),
  };
}

function answer() {
  return { header: new Headers(), trailer: new Headers() };
}
