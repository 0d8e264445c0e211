import { Metadata, type MetadataValue } from "@grpc/grpc-js";

/** Headers that belong to HTTP/2 and gRPC themselves, not to the call. */
const protocolHeaders: ReadonlySet<string> = new Set([
  ...["grpc-status", "grpc-message", "grpc-timeout", "grpc-encoding", "grpc-accept-encoding"],
  ...["content-type", "te", "connection"],
]);
const legalKey = /^[0-9a-z_.-]+$/;
const unprintable = /[^ -~]/g;

/**
 * The metadata of a gRPC call as Connect knows it, without a copy of it: what is set here is in the metadata. Values of
 * "-bin" keys are base64 without padding, as they are on the wire. Never throws: what gRPC cannot carry is left out
 * (the protocol's own names) or percent-encoded (anything but printable ASCII).
 */
export class GrpcHeaders implements Headers {
  #metadata: Metadata | undefined;

  constructor(metadata?: Metadata) {
    this.#metadata = metadata;
  }

  /** Undefined where nothing was ever set. */
  get metadata(): Metadata | undefined {
    return this.#metadata;
  }

  get(name: string): string | null {
    const values = this.#metadata?.get(name);
    return values === undefined || values.length === 0 ? null : textOf(values);
  }

  has(name: string): boolean {
    return this.get(name) !== null;
  }

  set(name: string, value: string): void {
    const key = name.toLowerCase();
    if (!isCarried(key)) return;
    this.#metadata?.remove(key);
    this.#add(key, value);
  }

  append(name: string, value: string): void {
    const key = name.toLowerCase();
    if (isCarried(key)) this.#add(key, value);
  }

  delete(name: string): void {
    this.#metadata?.remove(name);
  }

  getSetCookie(): string[] {
    return (this.#metadata?.get("set-cookie") ?? []).map(String);
  }

  forEach(callback: (value: string, key: string, self: Headers) => void): void {
    for (const [key, value] of this) callback(value, key, this);
  }

  entries() {
    return this.#list().values();
  }

  keys() {
    return this.#list()
      .map(([key]) => key)
      .values();
  }

  values() {
    return this.#list()
      .map(([, value]) => value)
      .values();
  }

  [Symbol.iterator]() {
    return this.entries();
  }

  #list(): [key: string, value: string][] {
    return Object.entries(this.#metadata?.toJSON() ?? {})
      .filter(([key]) => legalKey.test(key))
      .map(([key, values]) => [key, textOf(values)]);
  }

  #add(key: string, value: string): void {
    this.#metadata ??= new Metadata();
    if (!key.endsWith("-bin")) this.#metadata.add(key, value.replace(unprintable, encodeURIComponent));
    else for (const part of value.split(",")) this.#metadata.add(key, Buffer.from(part, "base64"));
  }
}

/** What grpc-js sends for these headers; undefined for none. */
export function metadataOf(headers: Headers): Metadata | undefined {
  return headers instanceof GrpcHeaders ? headers.metadata : withAll(headers).metadata;
}

/** Everything of the headers given, in their order. */
export function withAll(...sources: readonly Headers[]): GrpcHeaders {
  const all = new GrpcHeaders();
  for (const headers of sources) for (const [key, value] of headers) all.append(key, value);
  return all;
}

const isCarried = (key: string): boolean => legalKey.test(key) && !protocolHeaders.has(key);

function textOf(values: readonly MetadataValue[]): string {
  const [first] = values;
  if (values.length === 1 && typeof first === "string") return first;
  return values
    .map((value) => (typeof value === "string" ? value : value.toString("base64").replace(/=+$/, "")))
    .join(", ");
}
