import { randomUUID } from "node:crypto";
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { Problem, problemBody, problemMediaType } from "./problem.ts";

const failures: Readonly<Record<string, readonly [status: number, reason: string, detail: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, "REQUEST_TIMEOUT", "the request took too long to arrive"],
  HPE_HEADER_OVERFLOW: [431, "HEADERS_TOO_LARGE", "the headers are too large"],
};

/** Answers what Node cannot read as a request: there is no request and no reply yet, only a connection. */
export function answerBrokenConnection(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, reason, detail] = failures[error.code ?? ""] ?? [400, "MALFORMED_REQUEST", "this is not HTTP"];
  const requestId = randomUUID();
  const body = JSON.stringify(problemBody(new Problem({ status, reason, detail }), requestId));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `content-type: ${problemMediaType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    "connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
}
