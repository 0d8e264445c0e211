import { isIPv6 } from "node:net";
import type { ServiceImplSpec } from "@connectrpc/connect";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { HealthImplementation } from "grpc-health-check";
import { type BridgeOptions, bridgeService } from "./grpc-bridge.ts";
import { addReflection } from "./grpc-reflection.ts";

/** A socket that calls arrive at. */
export interface Listener {
  /** Resolves with the port. */
  listen(): Promise<number>;
  /** Takes no more calls, lets those at work finish for `graceMs` at most, then closes. */
  drain(graceMs: number): Promise<void>;
}

const readinessPollMs = 250;

/** gRPC over HTTP/2 by grpc-js: plaintext, or whatever the credentials say. With grpc.health.v1 and reflection. */
export function createGrpcListener(
  deps: BridgeOptions & {
    readonly host: string;
    /** 0 for any free one. */
    readonly port: number;
    readonly services: readonly ServiceImplSpec[];
    readonly reflection: boolean;
    readonly isReady: () => boolean;
    readonly credentials?: ServerCredentials | undefined;
  },
): Listener {
  const server = new Server({
    "grpc.max_receive_message_length": 1024 * 1024,
    "grpc.max_concurrent_streams": 100,
    // Clients reconnect now and then, and so find instances that were added.
    "grpc.max_connection_age_ms": 600_000,
    "grpc.max_connection_age_grace_ms": 30_000,
    "grpc.keepalive_time_ms": 30_000,
    "grpc.keepalive_timeout_ms": 10_000,
    "grpc.enable_channelz": 0,
  });
  for (const spec of deps.services) {
    const { definition, implementation } = bridgeService(spec, deps);
    server.addService(definition, implementation);
  }
  const descriptors = deps.services.map((spec) => spec.service);
  const health = createHealth(["", ...descriptors.map((service) => service.typeName)]);
  health.addTo(server);
  if (deps.reflection) addReflection(server, descriptors);
  let poll: NodeJS.Timeout | undefined;

  return {
    listen() {
      const address = `${isIPv6(deps.host) ? `[${deps.host}]` : deps.host}:${deps.port}`;
      const credentials = deps.credentials ?? ServerCredentials.createInsecure();
      return new Promise((resolve, reject) => {
        server.bindAsync(address, credentials, (error, port) => {
          if (error !== null) return reject(error);
          health.set(deps.isReady());
          poll = setInterval(() => health.set(deps.isReady()), readinessPollMs).unref();
          resolve(port);
        });
      });
    },

    async drain(graceMs) {
      clearInterval(poll);
      health.set(false);
      const force = setTimeout(() => server.forceShutdown(), graceMs);
      await new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
      clearTimeout(force);
    },
  };
}

/** The health service, with one answer for all names. */
function createHealth(names: readonly string[]) {
  let serving = false;
  const health = new HealthImplementation(Object.fromEntries(names.map((name) => [name, "NOT_SERVING"])));
  return {
    addTo: (server: Server) => health.addToServer(server),
    set(ready: boolean) {
      if (ready === serving) return;
      serving = ready;
      for (const name of names) health.setStatus(name, ready ? "SERVING" : "NOT_SERVING");
    },
  };
}
