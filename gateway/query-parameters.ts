import type { DescField, DescMessage, JsonObject, JsonValue } from "@bufbuild/protobuf";
import { type FieldPath, findFieldPath, jsonPath, writeField } from "./field-path.ts";
import { isUnsafeText } from "./json-text.ts";
import { invalidRequest, type Violation } from "./problem.ts";
import { isTextual, textValue } from "./text-value.ts";

/**
 * The decoded names and values of a query, in order (WHATWG URL, section 5.1, but strict: no replacement characters).
 * @throws Problem 400
 */
function parseQuery(query: string): [name: string, value: string][] {
  return query
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const [name = "", ...rest] = pair.split("=");
      const field = decode(name, "");
      return [field, decode(rest.join("="), field)];
    });
}

function decode(text: string, field: string): string {
  try {
    const decoded = decodeURIComponent(text.replaceAll("+", " "));
    if (!isUnsafeText(decoded)) return decoded;
  } catch (cause) {
    if (!(cause instanceof URIError)) throw cause;
  }
  throw invalidRequest([{ field, rule: "encoding", message: "must be percent-encoded UTF-8 without NUL" }]);
}

interface QueryDeps {
  readonly input: DescMessage;
  /** Fields that the path, or the body, fills. */
  readonly bound: readonly FieldPath[];
  /** False where the body is the whole request. */
  readonly allowed: boolean;
}

/** Puts query parameters into the request, each by the field that its name spells. Answers with what is wrong with them. */
export function createQueryReader({ input, bound, allowed }: QueryDeps) {
  const isBound = (path: FieldPath) => bound.some((taken) => taken.every((field, index) => path[index] === field));

  return (json: JsonObject, query: string): Violation[] => {
    const given = new Map<string, { path: FieldPath; field: DescField; values: string[] }>();
    const violations: Violation[] = [];
    for (const [name, value] of parseQuery(query)) {
      const path = allowed ? findFieldPath(input, name) : undefined;
      const field = path?.at(-1);
      if (path === undefined || field === undefined || !isTextual(field) || isBound(path)) {
        violations.push({ field: name, rule: "unknown_parameter", message: "is not a query parameter here" });
        continue;
      }
      const known = given.get(jsonPath(path));
      if (known === undefined) given.set(jsonPath(path), { path, field, values: [value] });
      else known.values.push(value);
    }
    for (const [name, { path, field, values }] of given) {
      const value = valueFrom(field, values);
      if (value !== undefined) writeField(json, path, value);
      else violations.push({ field: name, rule: "duplicate_parameter", message: "must be given once" });
    }
    return violations;
  };
}

function valueFrom(field: DescField, values: readonly string[]): JsonValue | undefined {
  if (field.fieldKind === "list") return values.map((value) => textValue(field, value));
  const [value] = values;
  return value === undefined || values.length > 1 ? undefined : textValue(field, value);
}
