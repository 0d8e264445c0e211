import type { AddressInfo } from "node:net";
import type { DescService } from "@bufbuild/protobuf";
import type { Transport } from "@connectrpc/connect";
import type { FastifyInstance } from "fastify";
import type { Registry } from "prom-client";
import { AuthService } from "../proto/gen/limen/auth/v1/auth_service_pb.ts";
import { UserService } from "../proto/gen/limen/users/v1/user_service_pb.ts";
import type { Log } from "../services/platform/log.ts";
import { type Role, readinessOf } from "../services/platform/role.ts";
import { createGrpcTransport } from "../services/platform/rpc/grpc-transport.ts";
import { openMutualTls } from "../services/platform/rpc/mutual-tls.ts";
import { sleep } from "../services/platform/timing.ts";
import { createGateway } from "./app.ts";
import type { GatewayConfig } from "./config.ts";
import { startUpstreamCheck, type UpstreamCheck } from "./upstream-check.ts";

export interface GatewayRole extends Role {
  /** Where it listens; the one asked for, until it has started. */
  port(): number;
}

export interface GatewayRoleDeps {
  readonly config: GatewayConfig;
  readonly log: Log;
  readonly metrics?: Registry;
  readonly developmentRoutes?: (app: FastifyInstance) => void;
}

/** The gateway in front of users-service and auth-service, reached over gRPC. */
export async function createGatewayRole(deps: GatewayRoleDeps): Promise<GatewayRole> {
  const { config, ...shared } = deps;
  const { serviceCredential, tlsDirectory } = config;
  const tls = tlsDirectory === undefined ? undefined : openMutualTls({ directory: tlsDirectory, log: deps.log });
  const options = { serviceCredential, credentials: tls?.client, connections: 16 };
  const users = createGrpcTransport({ ...options, target: config.usersTarget, retry: [UserService] });
  const auth = createGrpcTransport({ ...options, target: config.authTarget, retry: [AuthService] });
  let checks: { readonly users: UpstreamCheck; readonly auth: UpstreamCheck } | undefined;
  let open = false;
  let port = config.port;
  const readiness = () =>
    readinessOf({ open, "users-service": checks?.users.seen() === true, "auth-service": checks?.auth.seen() === true });

  const app = await createGateway({
    ...shared,
    transports: new Map<DescService, Transport>([
      [AuthService, auth],
      [UserService, users],
    ]),
    ready: () => readiness().ready,
    trustedHops: config.trustedHops,
    corsOrigins: config.corsOrigins,
    publicUrl: config.publicUrl,
  });

  return {
    readiness,
    port: () => port,
    async start() {
      tls?.start();
      await app.listen({ host: config.host, port });
      port = (app.server.address() as AddressInfo).port;
      checks = { users: startUpstreamCheck({ transport: users }), auth: startUpstreamCheck({ transport: auth }) };
      open = true;
    },
    async stop() {
      open = false;
      await sleep(config.shutdownDelayMs);
      checks?.users.stop();
      checks?.auth.stop();
      await app.close();
      users.close();
      auth.close();
      await tls?.stop();
    },
  };
}
