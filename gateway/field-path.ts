import type { DescField, DescMessage, JsonObject, JsonValue } from "@bufbuild/protobuf";
import { protoCamelCase } from "@bufbuild/protobuf/reflect";

/** The fields from a message down to one of its parts. Never empty. */
export type FieldPath = readonly DescField[];

/**
 * Resolves a path such as "user.id", in protobuf's or in JSON's names.
 * @returns undefined when there is no such field, or a list or a map stands on the way to it.
 */
export function findFieldPath(message: DescMessage, path: string): FieldPath | undefined {
  const fields: DescField[] = [];
  let at: DescMessage | undefined = message;
  for (const name of path.split(".")) {
    const field: DescField | undefined = at === undefined ? undefined : findField(at, name);
    if (field === undefined) return undefined;
    fields.push(field);
    at = field.fieldKind === "message" ? field.message : undefined;
  }
  return fields;
}

/** For paths that the contract itself names: a wrong one must stop the gateway at its start. */
export function requireFieldPath(message: DescMessage, path: string): FieldPath {
  const found = findFieldPath(message, path);
  if (found === undefined) throw new Error(`${message.typeName} has no field "${path}", which its HTTP mapping names`);
  return found;
}

export function findField(message: DescMessage, name: string): DescField | undefined {
  return message.fields.find((field) => field.jsonName === name || field.name === name);
}

export const jsonPath = (path: FieldPath): string => path.map((field) => field.jsonName).join(".");

/** Spells a path that a service wrote, e.g. "user.display_names[0]", with JSON's names. */
export function jsonPathOf(message: DescMessage, path: string): string {
  let at: DescMessage | undefined = message;
  const spelled = path.split(".").map((element) => {
    const [, name = element, subscript = ""] = /^([^[]*)(\[.*\])?$/.exec(element) ?? [];
    const field: DescField | undefined = at === undefined ? undefined : findField(at, name);
    at = field?.message;
    return (field?.jsonName ?? protoCamelCase(name)) + subscript;
  });
  return spelled.join(".");
}

export function readField(json: JsonValue | undefined, path: FieldPath): JsonValue | undefined {
  return path.reduce((at, field) => (isJsonObject(at) ? ownValue(at, field) : undefined), json);
}

/** Puts a value at a path, through whatever objects are there. What is no object stays: `fromJson` will refuse it. */
export function writeField(json: JsonObject, path: FieldPath, value: JsonValue): void {
  let at = json;
  for (const field of path.slice(0, -1)) {
    const next = ownValue(at, field) ?? {};
    if (!isJsonObject(next)) return;
    at[keyIn(at, field)] = next;
    at = next;
  }
  const leaf = path.at(-1);
  if (leaf !== undefined) at[keyIn(at, leaf)] = value;
}

/** JSON may spell a field as protobuf does; a second spelling beside it would make it twice the same field. */
const keyIn = (json: JsonObject, field: DescField): string =>
  Object.hasOwn(json, field.name) ? field.name : field.jsonName;

function ownValue(json: JsonObject, field: DescField): JsonValue | undefined {
  const key = keyIn(json, field);
  return Object.hasOwn(json, key) ? json[key] : undefined;
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
