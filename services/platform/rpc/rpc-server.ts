import type { DescService } from "@bufbuild/protobuf";
import {
  Code,
  ConnectError,
  type ConnectRouter,
  createServiceImplSpec,
  type Interceptor,
  type ServiceImpl,
} from "@connectrpc/connect";
import type { ServerCredentials } from "@grpc/grpc-js";
import type { Registry } from "prom-client";
import type { Log } from "../log.ts";
import { sleep, waitUntil } from "../timing.ts";
import { createAccess } from "./access.ts";
import { readAccessPolicy } from "./access-policy.ts";
import { type Authenticator, createAuthentication } from "./authentication.ts";
import { createCallLog } from "./call-log.ts";
import { createObservation } from "./call-observer.ts";
import { translateErrors } from "./connect-errors.ts";
import { createDeadline } from "./deadline.ts";
import { createGrpcListener } from "./grpc-listener.ts";
import { createHttpListener, type PlainRoutes } from "./http-listener.ts";
import { assignRequestId } from "./request-id.ts";
import { createRpcMetrics } from "./rpc-metrics.ts";
import { strictStrings } from "./strict-strings.ts";
import { endSpan, traceContext } from "./trace-context.ts";
import { createValidation } from "./validation.ts";

/** `(services) => services.add(UserService, implementation)` */
export interface ServiceRegistry {
  add<Desc extends DescService>(service: Desc, implementation: Partial<ServiceImpl<Desc>>): void;
}

export interface RpcServer {
  /**
   * Resolves when it listens: as soon as it is ready, for clients that knew its address before send calls from the first
   * moment. What it needs may be away for long; then it listens all the same, and tells them so.
   */
  listen(): Promise<{ readonly grpcPort: number; readonly httpPort: number }>;
  /**
   * Reports NOT_SERVING and serves on for the delay; then takes no more calls, ends streams, lets calls finish for a
   * while, and closes.
   */
  drain(): Promise<void>;
}

export interface RpcServerDeps {
  /** Called once. */
  readonly services: (registry: ServiceRegistry) => void;
  readonly authenticator: Authenticator;
  readonly log: Pick<Log, "info" | "warn" | "error">;
  readonly metrics?: Registry;
  readonly host: string;
  /** 0 for any free one; so is `httpPort`. */
  readonly grpcPort: number;
  readonly httpPort: number;
  /** Plaintext unless set. */
  readonly grpcCredentials?: ServerCredentials | undefined;
  /** Whether anyone may ask for the contract; not in production. */
  readonly reflection: boolean;
  /** Longest duration of a unary call; 10 s unless set. */
  readonly defaultTimeoutMs?: number;
  /** Between the word to stop and its execution; none unless set. */
  readonly shutdownDelayMs?: number;
  /** For calls at work when the server drains; 10 s unless set. */
  readonly drainMs?: number;
  readonly isReady: () => boolean;
  readonly plainRoutes?: PlainRoutes;
}

/** For what a server needs to be ready, at its start. */
const patienceMs = 2_000;

/**
 * Serves one implementation on two listeners, gRPC and HTTP, through the same interceptors.
 *
 * Throws where a contract's access rules or validation rules cannot be enforced.
 */
export function createRpcServer(deps: RpcServerDeps): RpcServer {
  const { authenticator, log, host, defaultTimeoutMs = 10_000, shutdownDelayMs = 0, drainMs = 10_000 } = deps;
  let draining: Promise<void> | undefined;
  const registrations: ((router: Pick<ConnectRouter, "service">) => void)[] = [];
  const specs: ReturnType<typeof createServiceImplSpec>[] = [];
  deps.services({
    add(service, implementation) {
      registrations.push((router) => router.service(service, implementation));
      specs.push(createServiceImplSpec(service, implementation));
    },
  });

  const descriptors = specs.map((spec) => spec.service);
  const policy = readAccessPolicy(descriptors);
  const stopping = new AbortController();
  const observation = createObservation([
    endSpan,
    createCallLog(log),
    ...(deps.metrics ? [createRpcMetrics(deps.metrics)] : []),
  ]);
  const interceptors: Interceptor[] = [
    traceContext,
    observation.interceptor,
    translateErrors,
    createDeadline({ timeoutMs: defaultTimeoutMs, stopping: stopping.signal }),
    createAuthentication({ authenticator, policy }),
    createAccess(policy),
    strictStrings,
    createValidation(descriptors),
  ];
  const pipeline = { interceptors, opened: assignRequestId, refused: observation.refused };

  const grpc = createGrpcListener({
    ...pipeline,
    host,
    port: deps.grpcPort,
    services: specs,
    reflection: deps.reflection,
    isReady: () => draining === undefined && deps.isReady(),
    credentials: deps.grpcCredentials,
  });
  const http = createHttpListener({
    ...pipeline,
    host,
    port: deps.httpPort,
    routes: (router) => registrations.forEach((register) => void register(router)),
    maxTimeoutMs: defaultTimeoutMs,
    log,
    ...(deps.plainRoutes ? { plainRoutes: deps.plainRoutes } : {}),
  });

  async function drain(): Promise<void> {
    await sleep(shutdownDelayMs);
    const drained = Promise.all([grpc.drain(drainMs), http.drain(drainMs)]);
    stopping.abort(new ConnectError("the service is stopping", Code.Unavailable));
    await drained;
  }

  return {
    async listen() {
      await waitUntil(deps.isReady, patienceMs);
      const grpcPort = await grpc.listen();
      try {
        return { grpcPort, httpPort: await http.listen() };
      } catch (error) {
        await grpc.drain(0);
        throw error;
      }
    },
    drain() {
      draining ??= drain();
      return draining;
    },
  };
}
