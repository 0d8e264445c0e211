import { type DescMessage, fromJson, type JsonObject, type JsonValue, type MessageShape } from "@bufbuild/protobuf";
import type { Binding } from "./bindings.ts";
import { type FieldPath, isJsonObject, jsonPath, readField, writeField } from "./field-path.ts";
import { isUnsafeText } from "./json-text.ts";
import { findViolations, holdsEnum } from "./json-violations.ts";
import { invalidRequest, type Violation } from "./problem.ts";
import { createQueryReader } from "./query-parameters.ts";
import { headerValue } from "./request-headers.ts";
import { textValue } from "./text-value.ts";

/** An HTTP request as the router leaves it. */
export interface HttpRequest {
  readonly parameters: Readonly<Record<string, string>>;
  /** The query as it was sent, without "?". */
  readonly query: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Undefined when there was none. */
  readonly body: JsonValue | undefined;
}

/**
 * Makes the request message of one binding: path, query, headers and body become one JSON object, and `fromJson` judges
 * it (grpc-gateway's rules, but nothing is ignored and nothing given twice is settled silently).
 * @throws Problem 400 naming every field at fault; 412 for an entity tag that cannot match
 */
export function createRequestReader(binding: Binding): (request: HttpRequest) => MessageShape<DescMessage> {
  const { input } = binding.method;
  const bodyField = typeof binding.body === "object" ? binding.body : undefined;
  const readQuery = createQueryReader({
    input,
    allowed: binding.body !== "*",
    bound: [...binding.variables.map(({ path }) => path), ...(bodyField === undefined ? [] : [[bodyField]])],
  });
  const judgeEnums = holdsEnum(input);

  const spelled = (found: readonly Violation[]) =>
    found.map((one) => ({ ...one, field: bodyPath(binding, one.field) }));

  return (request) => {
    const json = bodyOf(binding, request.body);
    const misplaced = [
      ...spelled(readPath(binding, json, request)),
      ...readQuery(json, request.query),
      ...spelled(readHeaders(binding, json, request)),
    ];
    if (misplaced.length > 0) throw invalidRequest(misplaced);
    let message: MessageShape<DescMessage> | undefined;
    let failure: unknown;
    try {
      message = fromJson(input, json);
    } catch (error) {
      failure = error;
    }
    const found = message === undefined || judgeEnums ? findViolations(input, json) : [];
    if (message !== undefined && found.length === 0) return message;
    throw invalidRequest(found.length > 0 ? spelled(found) : [contradictory], { cause: failure });
  };
}

const contradictory: Violation = { field: "", rule: "contradictory", message: "its fields exclude one another" };

/** Spells a path of the request as the client sees it: from the body's root, where the body is one field of the request. */
export function bodyPath({ body }: Pick<Binding, "body">, path: string): string {
  if (typeof body !== "object") return path;
  if (path === body.jsonName) return "";
  return path.startsWith(`${body.jsonName}.`) ? path.slice(body.jsonName.length + 1) : path;
}

function bodyOf({ body: mapped }: Binding, body: JsonValue | undefined): JsonObject {
  if (typeof mapped === "object") {
    if (body !== undefined) return { [mapped.jsonName]: body };
    return mapped.fieldKind === "message" ? { [mapped.jsonName]: {} } : {};
  }
  if (body === undefined) return {};
  if (!isJsonObject(body))
    throw invalidRequest([{ field: "", rule: "type", message: "the body must be a JSON object" }]);
  if (mapped === "*") return body;
  const names = Object.keys(body);
  if (names.length === 0) return {};
  throw invalidRequest(
    names.map((field) => ({ field, rule: "unknown_field", message: "is not known: this request has no body" })),
  );
}

function readPath(binding: Binding, json: JsonObject, { parameters }: HttpRequest): Violation[] {
  return binding.variables.flatMap(({ path, parts }) => {
    const text = parts.map((part) => (typeof part === "string" ? part : (parameters[part.parameter] ?? ""))).join("");
    const field = path.at(-1);
    if (field === undefined) return [];
    if (isUnsafeText(text)) return [{ field: jsonPath(path), rule: "encoding", message: "must be text without NUL" }];
    const given = readField(json, path) ?? text;
    if (String(given) !== text) return [conflict(path, "differs from the path's")];
    writeField(json, path, textValue(field, text));
    return [];
  });
}

function readHeaders(binding: Binding, json: JsonObject, { headers }: HttpRequest): Violation[] {
  return binding.headers.flatMap((header) => {
    const sent = headers[header.name.toLowerCase()];
    const field = header.path.at(-1);
    if (sent === undefined || field === undefined) return [];
    const value = headerValue(header, field, Array.isArray(sent) ? sent.join(",") : sent);
    if (value === undefined) return [];
    if ((readField(json, header.path) ?? null) !== null) {
      return [conflict(header.path, `must be given once: there is the header ${header.name} too`)];
    }
    writeField(json, header.path, value);
    return [];
  });
}

const conflict = (path: FieldPath, message: string): Violation => ({
  field: jsonPath(path),
  rule: "conflict",
  message,
});
