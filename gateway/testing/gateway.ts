import type { DescService } from "@bufbuild/protobuf";
import type { Transport } from "@connectrpc/connect";
import type { FastifyInstance } from "fastify";
import type { Log } from "../../services/platform/log.ts";
import { createGateway, type GatewayDeps } from "../app.ts";

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silentLog };

/** A gateway in front of the given services, with whatever a test wants different. */
export function openGateway(
  transports: readonly (readonly [DescService, Transport])[],
  deps: Partial<GatewayDeps> = {},
): Promise<FastifyInstance> {
  return createGateway({
    transports: new Map(transports),
    log: silentLog,
    ready: () => true,
    trustedHops: 0,
    corsOrigins: [],
    ...deps,
  });
}
