import { type DescMessage, type JsonValue, type MessageShape, toJson } from "@bufbuild/protobuf";
import type { Binding } from "./bindings.ts";
import { type FieldPath, readField, requireFieldPath } from "./field-path.ts";

/** An HTTP answer, ready to be sent. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonValue;
}

/** protobuf JSON in which unset scalars are present and unset messages are absent. */
export const messageJson = (message: DescMessage, value: MessageShape<DescMessage>): JsonValue =>
  toJson(message, value, { alwaysEmitImplicit: true });

/** Makes the HTTP answer of one binding from the response message, as the contract's HttpMapping says. */
export function createResponseWriter({ method, mapping }: Binding): (message: MessageShape<DescMessage>) => HttpAnswer {
  const { output } = method;
  const etag = mapping?.etagField ? requireFieldPath(output, mapping.etagField) : undefined;
  const pending = pendingOf(output, mapping?.accepted);
  const status = mapping?.successStatus || 200;
  const caching = cachingOf(mapping);

  return (message) => {
    const body = messageJson(output, message);
    const location = pending?.(body);
    const headers: Record<string, string> = { ...caching };
    const tag = etag === undefined ? undefined : readField(body, etag);
    // RFC 9110, section 8.8.3: what may stand between the quotes.
    if (typeof tag === "string" && /^[\x21\x23-\x7e]+$/.test(tag)) headers.etag = `"${tag}"`;
    if (location === undefined) return { status, headers, body };
    return { status: 202, headers: { ...headers, location }, body };
  };
}

type Mapping = NonNullable<Binding["mapping"]>;

function cachingOf(mapping: Mapping | undefined): Record<string, string> {
  if (mapping?.noStore) return { "cache-control": "no-store" };
  return mapping?.maxAgeSeconds ? { "cache-control": `public, max-age=${mapping.maxAgeSeconds}` } : {};
}

/** Tells the location of an operation that goes on after the answer; undefined when it is finished. */
function pendingOf(output: DescMessage, accepted: Mapping["accepted"]) {
  if (accepted === undefined) return undefined;
  const state = requireFieldPath(output, accepted.stateField);
  const finished = new Set(accepted.finished);
  const fields = new Map<string, FieldPath>();
  for (const [, path = ""] of accepted.location.matchAll(placeholder)) fields.set(path, requireFieldPath(output, path));

  return (body: JsonValue): string | undefined => {
    const name = readField(body, state);
    if (typeof name !== "string" || finished.has(name)) return undefined;
    return accepted.location.replace(placeholder, (_, path: string) =>
      encodeURIComponent(String(readField(body, fields.get(path) ?? []) ?? "")),
    );
  };
}

const placeholder = /\{([^{}]+)\}/g;
