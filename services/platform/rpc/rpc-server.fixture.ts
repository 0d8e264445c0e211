import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { ErrorInfoSchema } from "../../../proto/gen/google/rpc/error_details_pb.ts";
import { AuthService } from "../../../proto/gen/limen/auth/v1/auth_service_pb.ts";
import { UserService } from "../../../proto/gen/limen/users/v1/user_service_pb.ts";
import { DomainError } from "../errors.ts";
import { createGrpcTransport } from "./grpc-transport.ts";
import { createRpcServer, type RpcServerDeps } from "./rpc-server.ts";
import { createServiceCredentials } from "./service-credentials.ts";
import type { TokenVerifier } from "./token-verifier.ts";

export const ada = "01890a5d-ac96-774b-bcce-b302099a8057";

/** Access tokens that the test server knows: "user.<id>" and "admin.<id>". */
export const bearer = (role: "user" | "admin", userId: string) => ({ authorization: `Bearer ${role}.${userId}` });
export const gatewayCredential = { "limen-service-credential": "gateway:open sesame" };

/** Answers with the id that was asked for. */
export const echo: RpcServerDeps["services"] = (registry) => {
  registry.add(UserService, { getUser: ({ id }) => ({ user: { id } }) });
  registry.add(AuthService, {});
};

/** For assert.rejects: a call's failure with this code, and this reason. */
export const code = (expected: Code, reason?: string) => (error: unknown) => {
  assert.ok(error instanceof ConnectError, String(error));
  assert.equal(Code[error.code], Code[expected], error.message);
  if (reason !== undefined) assert.equal(error.findDetails(ErrorInfoSchema)[0]?.reason, reason);
  return true;
};

const tokens: TokenVerifier = {
  async verify(token) {
    const [role, userId] = token.split(".");
    if ((role !== "user" && role !== "admin") || userId === undefined) {
      throw new DomainError("unauthenticated", "INVALID_TOKEN", "the access token is not valid");
    }
    const roles = role === "admin" ? ["user", "admin"] : ["user"];
    return { userId, sessionId: randomUUID(), roles, emailVerified: true, expireTime: new Date(Date.now() + 60_000) };
  },
};

export type LogLine = Record<string, unknown> & { level: string };

export interface TestServer extends AsyncDisposable {
  readonly grpcPort: number;
  readonly httpPort: number;
  readonly logged: readonly LogLine[];
  /** The ways in: gRPC, Connect with JSON and with binary messages, gRPC-Web. */
  readonly transports: Readonly<Record<"grpc" | "connect json" | "connect binary" | "grpc-web", Transport>>;
  drain(): Promise<void>;
}

/** A server on free ports with clients for it; tokens and service credentials are the ones above. */
export async function startRpcServer(
  deps: Pick<RpcServerDeps, "services"> & Partial<RpcServerDeps>,
): Promise<TestServer> {
  const logged: LogLine[] = [];
  const logAt = (level: string) => (fields: object) => void logged.push({ level, ...fields });
  const server = createRpcServer({
    authenticator: {
      tokens,
      services: createServiceCredentials([
        ["gateway", "open sesame"],
        ["users", "other"],
      ]),
    },
    log: { info: logAt("info"), warn: logAt("warn"), error: logAt("error") } as RpcServerDeps["log"],
    host: "127.0.0.1",
    grpcPort: 0,
    httpPort: 0,
    reflection: false,
    drainMs: 1000,
    isReady: () => true,
    ...deps,
  });
  const { grpcPort, httpPort } = await server.listen();
  const http = { baseUrl: `http://127.0.0.1:${httpPort}`, httpVersion: "1.1" } as const;
  const grpc = createGrpcTransport({ target: `127.0.0.1:${grpcPort}` });
  return {
    grpcPort,
    httpPort,
    logged,
    transports: {
      grpc,
      "connect json": createConnectTransport({ ...http, useBinaryFormat: false }),
      "connect binary": createConnectTransport({ ...http, useBinaryFormat: true }),
      "grpc-web": createGrpcWebTransport(http),
    },
    drain: server.drain,
    async [Symbol.asyncDispose]() {
      grpc.close();
      await server.drain();
    },
  };
}
