import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { collectDefaultMetrics, Registry } from "prom-client";

export interface Readiness {
  readonly ready: boolean;
  /** Why not, for the person who looks: names of what is missing, no addresses, no secrets. */
  readonly reasons: readonly string[];
}

export interface ManagementServer {
  /** Resolves with the port. */
  listen(): Promise<number>;
  close(): Promise<void>;
}

/**
 * What the cluster asks a role, always in plaintext, so that certificates never stand in a probe's way:
 * `/livez` (200 while the event loop turns), `/readyz` (200 or 503, with the reasons) and `/metrics` (Prometheus).
 */
export function createManagementServer(deps: {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly checks: () => Readiness;
  /** In the text format of Prometheus. */
  readonly metrics?: () => Promise<string>;
}): ManagementServer {
  const { checks, metrics } = deps;

  async function answer(path: string, res: ServerResponse): Promise<void> {
    switch (path) {
      case "/livez":
        return send(res, 200, "text/plain", "ok\n");
      case "/readyz": {
        const { ready, reasons } = checks();
        return send(res, ready ? 200 : 503, "application/json", JSON.stringify({ ready, reasons }));
      }
      case "/metrics":
        if (metrics === undefined) break;
        return send(res, 200, Registry.PROMETHEUS_CONTENT_TYPE, await metrics());
    }
    send(res, 404, "text/plain", "not found\n");
  }

  const server = createServer({ headersTimeout: 5000, requestTimeout: 5000 }, (req, res) => {
    if (req.method !== "GET" && req.method !== "HEAD") return send(res, 405, "text/plain", "GET only\n");
    answer(req.url?.split("?", 1)[0] ?? "", res).catch(() => send(res, 500, "text/plain", "internal error\n"));
  });

  return {
    listen() {
      return new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen(deps.port, deps.host, () => resolve((server.address() as AddressInfo).port));
      });
    },
    async close() {
      if (!server.listening) return;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** A registry with what every process tells of itself: memory, CPU, event loop, garbage collection. */
export function createMetrics(role: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ role });
  collectDefaultMetrics({ register: registry });
  return registry;
}

function send(res: ServerResponse, status: number, type: string, body: string): void {
  res.writeHead(status, {
    "content-type": type,
    "cache-control": "no-store",
    "content-length": Buffer.byteLength(body),
  });
  res.end(body);
}
