import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** A request as it is written. */
export interface PreparedRequest {
  readonly bytes: Buffer;
}

export interface HttpAnswer {
  readonly status: number;
  /** In seconds; 0 where the server does not say. */
  readonly retryAfter: number;
  readonly body: Buffer;
}

/** One connection with one request at a time; opened again when the server has closed it. */
export interface HttpConnection {
  send(request: PreparedRequest): Promise<HttpAnswer>;
  close(): void;
}

export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
}

export function prepareRequest({ method, path, headers = {}, body }: HttpRequest): PreparedRequest {
  const payload = body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(body));
  const all: Record<string, string> = { host: "127.0.0.1", ...headers };
  if (body !== undefined) all["content-type"] = "application/json";
  if (method !== "GET") all["content-length"] = String(payload.length);
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return { bytes: Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`), payload]) };
}

const endOfHead = "\r\n\r\n";

/** HTTP/1.1 by hand, for the reason that grpc-connection.ts gives. Understands answers with a Content-Length only. */
export function createHttpConnection(port: number): HttpConnection {
  let socket: Socket | undefined;
  let arrived: Buffer = Buffer.alloc(0);
  let pending: PromiseWithResolvers<HttpAnswer> | undefined;

  async function open(): Promise<Socket> {
    const opened = connect(port, "127.0.0.1").setNoDelay(true);
    opened.on("error", (error) => pending?.reject(error));
    opened.on("close", () => {
      if (socket !== opened) return;
      socket = undefined;
      pending?.reject(new Error("the server closed the connection"));
    });
    opened.on("data", take);
    await once(opened, "connect");
    arrived = Buffer.alloc(0);
    return opened;
  }

  function take(chunk: Buffer): void {
    arrived = arrived.length === 0 ? chunk : Buffer.concat([arrived, chunk]);
    const headEnd = arrived.indexOf(endOfHead);
    if (headEnd < 0) return;
    const head = arrived.toString("latin1", 0, headEnd);
    const [, length] = /\r\ncontent-length: *(\d+)/i.exec(head) ?? [];
    const bodyAt = headEnd + endOfHead.length;
    if (length === undefined) pending?.reject(new Error(`an answer without a Content-Length: ${head}`));
    else if (arrived.length >= bodyAt + Number(length)) {
      pending?.resolve({
        status: Number(head.slice(9, 12)),
        retryAfter: Number(/\r\nretry-after: *(\d+)/i.exec(head)?.[1] ?? 0),
        body: arrived.subarray(bodyAt),
      });
      arrived = Buffer.alloc(0);
      // The server's end of the connection may take a while to arrive.
      if (/\r\nconnection: *close/i.test(head)) hangUp();
    }
  }

  function hangUp(): void {
    socket?.destroy();
    socket = undefined;
  }

  return {
    async send({ bytes }) {
      socket ??= await open();
      pending = Promise.withResolvers();
      socket.write(bytes);
      return pending.promise;
    },
    close: hangUp,
  };
}
