import type { FastifyRequest } from "fastify";
import { clientAddress } from "./client-address.ts";

/**
 * What a service learns of an HTTP request beside its message. Nothing else that a client sends gets through, least of
 * all headers by which the gateway itself speaks.
 */
export function upstreamHeaders(request: FastifyRequest, trustedHops: number): Record<string, string> {
  const { authorization, "user-agent": userAgent, "x-forwarded-for": forwarded } = request.headers;
  const { "accept-language": acceptLanguage = "" } = request.headers;
  const headers: Record<string, string> = {
    "x-request-id": request.id,
    traceparent: request.traceparent,
    "limen-client-ip": clientAddress(
      request.socket.remoteAddress,
      Array.isArray(forwarded) ? forwarded.join(",") : forwarded,
      trustedHops,
    ),
    "limen-user-agent": printable(userAgent ?? "").slice(0, 256),
    "limen-accept-language": printable(acceptLanguage).slice(0, 128),
  };
  // gRPC carries printable ASCII only; no credential needs more.
  if (authorization !== undefined && printable(authorization) === authorization) {
    headers.authorization = authorization;
  }
  return headers;
}

const printable = (text: string): string => text.replaceAll(/[^\x20-\x7e]/g, "").trim();
