import { Metadata } from "@grpc/grpc-js";

/** Headers that belong to HTTP/2 and gRPC themselves, not to the call. */
const protocolHeader = /^(?:grpc-(?:status|message|timeout|encoding|accept-encoding)|content-type|te|connection)$/;
const legalKey = /^[0-9a-z_.-]+$/;

/** Values of "-bin" keys become base64 without padding, as they are on the wire. */
export function toHeaders(metadata: Metadata): Headers {
  const headers = new Headers();
  for (const [key, values] of Object.entries(metadata.toJSON())) {
    if (!legalKey.test(key)) continue;
    for (const value of values) {
      headers.append(key, typeof value === "string" ? value : value.toString("base64").replace(/=+$/, ""));
    }
  }
  return headers;
}

/** Never throws: what gRPC metadata cannot carry, anything but printable ASCII, is percent-encoded. */
export function toMetadata(...sources: readonly Headers[]): Metadata {
  const metadata = new Metadata();
  for (const headers of sources) {
    for (const [key, value] of headers) {
      if (protocolHeader.test(key) || !legalKey.test(key)) continue;
      if (!key.endsWith("-bin")) metadata.add(key, value.replace(/[^ -~]/g, encodeURIComponent));
      else for (const part of value.split(",")) metadata.add(key, Buffer.from(part, "base64"));
    }
  }
  return metadata;
}
