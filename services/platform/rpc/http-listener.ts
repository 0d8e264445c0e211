import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  ConnectError,
  type ConnectRouter,
  createConnectRouter,
  createContextValues,
  type HandlerContext,
  type Interceptor,
} from "@connectrpc/connect";
import { universalRequestFromNodeRequest, universalResponseToNodeResponse } from "@connectrpc/connect-node";
import { describeError, type Log } from "../log.ts";
import { peerAddressKey } from "./caller.ts";
import { blameCaller } from "./connect-errors.ts";
import { plainAddress } from "./grpc-call.ts";
import type { Listener } from "./grpc-listener.ts";

export interface PlainAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** GET requests that are no remote calls, by path. */
export type PlainRoutes = Readonly<Record<string, () => Promise<PlainAnswer>>>;

/**
 * Connect and gRPC-Web over HTTP/1.1, for `curl`, `buf curl` and browsers. Its limits are those of a public address.
 * It is not `connectNodeAdapter`, which lets a request with an impossible Host header end the process.
 */
export function createHttpListener(deps: {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly routes: (router: ConnectRouter) => void;
  /** Outermost first. */
  readonly interceptors: readonly Interceptor[];
  /** Sees every call before its message is decoded. */
  readonly opened: (context: HandlerContext) => void;
  /** Told of calls that fail before the interceptors see them. */
  readonly refused: (context: HandlerContext, error: ConnectError) => void;
  readonly log: Pick<Log, "warn">;
  readonly maxTimeoutMs: number;
  /** Bytes; 64 KiB unless set. */
  readonly readMaxBytes?: number;
  /** In which a request must have arrived; 10 s unless set. Its answer may take longer. */
  readonly requestMs?: number;
  readonly plainRoutes?: PlainRoutes;
}): Listener {
  const { log, plainRoutes = {} } = deps;
  let draining = false;

  const router = createConnectRouter({
    interceptors: [...deps.interceptors],
    grpc: false,
    readMaxBytes: deps.readMaxBytes ?? 64 * 1024,
    maxTimeoutMs: deps.maxTimeoutMs,
    acceptCompression: [],
    jsonOptions: strictJson,
    requestGate(context) {
      deps.opened(context);
      // The one moment at which a failure to decode can be seen before it is sent.
      context.signal.addEventListener("abort", () => {
        const { reason } = context.signal;
        if (reason instanceof ConnectError) deps.refused(context, blameCaller(reason));
      });
    },
  });
  deps.routes(router);
  const calls = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const path = req.url?.split("?", 1)[0] ?? "";
    const call = calls.get(path);
    if (call !== undefined) {
      const peerAddress = () => plainAddress(req.socket.remoteAddress ?? "");
      const values = createContextValues().set(peerAddressKey, peerAddress);
      const request = universalRequestFromNodeRequest(req, res, undefined, values);
      return universalResponseToNodeResponse(await call(request), res);
    }
    const plain = Object.hasOwn(plainRoutes, path) ? plainRoutes[path] : undefined;
    if (plain === undefined) return send(res, 404);
    if (req.method !== "GET" && req.method !== "HEAD") return send(res, 405, { allow: "GET, HEAD" });
    const { status, headers, body } = await plain();
    send(res, status, headers, body);
  }

  const listener: RequestListener = (req, res) => {
    if (draining) res.setHeader("connection", "close");
    answer(req, res).catch((error) => {
      if (res.destroyed) return;
      log.warn({ event: "http_request_failed", error: describeError(error) }, "request failed");
      if (res.headersSent) res.destroy();
      else send(res, 400);
    });
  };
  const server = createServer(limitsOf(deps.requestMs ?? 10_000), listener);

  return {
    listen() {
      return new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen(deps.port, deps.host, () => resolve((server.address() as AddressInfo).port));
      });
    },

    async drain(graceMs) {
      draining = true;
      if (!server.listening) return;
      const force = setTimeout(() => server.closeAllConnections(), graceMs);
      await new Promise<void>((resolve) => server.close(() => resolve()));
      clearTimeout(force);
    },
  };
}

/** Milliseconds and bytes. */
const limitsOf = (requestMs: number) => ({
  headersTimeout: requestMs / 2,
  requestTimeout: requestMs,
  keepAliveTimeout: 60_000,
  connectionsCheckingInterval: Math.min(1_000, requestMs),
  maxHeaderSize: 16 * 1024,
});

const strictJson = {
  ignoreUnknownFields: false,
  alwaysEmitImplicit: true,
  // Refuses bytes that are not UTF-8 where the default replaces them.
  textDecoder: new TextDecoder("utf-8", { fatal: true }),
};

function send(res: ServerResponse, status: number, headers: Readonly<Record<string, string>> = {}, body = ""): void {
  res.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) });
  res.end(body);
}
