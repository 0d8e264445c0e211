import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Registry } from "prom-client";
import type { LogLevelSwitch } from "./log-level-switch.ts";

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
 * `/livez` (200 while the event loop turns), `/readyz` (200 or 503, with the reasons), `/metrics` (Prometheus), and
 * `/log-level`, which an operator reads and PUTs: `debug`, `info`, `warn` or `error`, for a quarter of an hour.
 */
export function createManagementServer(deps: {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly checks: () => Readiness;
  /** In the text format of Prometheus. */
  readonly metrics?: () => Promise<string>;
  readonly logLevel?: LogLevelSwitch;
}): ManagementServer {
  const { checks, metrics, logLevel } = deps;

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const path = req.url?.split("?", 1)[0];
    if (path === "/log-level" && logLevel !== undefined) {
      if (req.method === "PUT" && !logLevel.change(await smallBody(req))) {
        return send(res, 400, "text/plain", `one of ${logLevel.levels.join(", ")}\n`);
      }
      if (req.method === "PUT" || isRead(req)) return send(res, 200, "text/plain", `${logLevel.current()}\n`);
    }
    if (!isRead(req)) return send(res, 405, "text/plain", "GET only\n");
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
    answer(req, res).catch(() => send(res, 500, "text/plain", "internal error\n"));
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

const isRead = ({ method }: IncomingMessage): boolean => method === "GET" || method === "HEAD";

/** The body as text, as long as it is a word: of more, the first bytes. */
async function smallBody(req: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of req) {
    if (text.length < 32) text += String(chunk).slice(0, 32);
  }
  return text.trim();
}

function send(res: ServerResponse, status: number, type: string, body: string): void {
  res.writeHead(status, {
    "content-type": type,
    "cache-control": "no-store",
    "content-length": Buffer.byteLength(body),
  });
  res.end(body);
}
