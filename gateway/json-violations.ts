import { type DescField, type DescMessage, fromJson, type JsonValue, ScalarType } from "@bufbuild/protobuf";
import { findField, isJsonObject } from "./field-path.ts";
import type { Violation } from "./problem.ts";
import { hasOwnJsonForm } from "./text-value.ts";

/**
 * What is wrong with the JSON form of a message, each with the path of the value at fault. `fromJson` judges the values
 * one by one, because its own message names the first fault and not where it stands. Stricter than it in one thing: an
 * enum's number must have a name.
 */
export function findViolations(message: DescMessage, json: JsonValue, path = ""): Violation[] {
  if (!isJsonObject(json)) return [{ field: path, rule: "type", message: "must be an object" }];
  const seen = new Set<DescField>();
  return Object.entries(json).flatMap(([name, value]) => {
    const field = findField(message, name);
    const at = path === "" ? name : `${path}.${name}`;
    if (field === undefined) return [{ field: at, rule: "unknown_field", message: "is not known" }];
    if (seen.has(field)) return [{ field: at, rule: "duplicate_name", message: "must be given once" }];
    seen.add(field);
    return value === null ? [] : judge(field, value, at);
  });
}

function judge(field: DescField, value: JsonValue, at: string): Violation[] {
  if (field.fieldKind === "list" && Array.isArray(value)) {
    return value.flatMap((item, index) => judgeOne(field, item, [item], `${at}[${index}]`));
  }
  if (field.fieldKind === "map" && isJsonObject(value)) {
    return Object.entries(value).flatMap(([key, item]) =>
      judgeOne(field, item, { [key]: item }, `${at}[${JSON.stringify(key)}]`),
    );
  }
  if (field.fieldKind === "list" || field.fieldKind === "map") {
    return [
      { field: at, rule: "type", message: field.fieldKind === "list" ? "must be an array" : "must be an object" },
    ];
  }
  return judgeOne(field, value, value, at);
}

/** `whole` is what the field holds when it holds only this item. */
function judgeOne(field: DescField, item: JsonValue, whole: JsonValue, at: string): Violation[] {
  if (field.message !== undefined && !hasOwnJsonForm(field.message)) return findViolations(field.message, item, at);
  if (field.enum !== undefined && typeof item === "number" && field.enum.value[item] === undefined) {
    return [{ field: at, rule: "type", message: expectation(field) }];
  }
  try {
    fromJson(field.parent, { [field.jsonName]: whole });
    return [];
  } catch {
    return [{ field: at, rule: "type", message: expectation(field) }];
  }
}

const texts: Partial<Record<ScalarType, string>> = {
  [ScalarType.STRING]: "must be a string",
  [ScalarType.BOOL]: "must be true or false",
  [ScalarType.BYTES]: "must be a base64 string",
  [ScalarType.DOUBLE]: "must be a number",
  [ScalarType.FLOAT]: "must be a number",
};

const messageTexts: Readonly<Record<string, string>> = {
  "google.protobuf.Timestamp": 'must be a time such as "2026-01-31T12:00:00Z"',
  "google.protobuf.Duration": 'must be a duration such as "2.5s"',
  "google.protobuf.FieldMask": 'must be field names such as "name,email"',
};

function expectation(field: DescField): string {
  if (field.enum !== undefined) return `must be one of ${field.enum.values.map(({ name }) => name).join(", ")}`;
  if (field.message !== undefined) return messageTexts[field.message.typeName] ?? "has the wrong type";
  return (field.scalar === undefined ? undefined : texts[field.scalar]) ?? "must be a whole number in range";
}

/** Whether some value below the message is an enum's, so that `fromJson` accepting it is not yet the answer. */
export function holdsEnum(message: DescMessage, seen = new Set<DescMessage>()): boolean {
  if (seen.has(message)) return false;
  seen.add(message);
  return message.fields.some((field) => field.enum !== undefined || (field.message && holdsEnum(field.message, seen)));
}
