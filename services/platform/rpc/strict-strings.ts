import type { DescField, DescMessage, Message } from "@bufbuild/protobuf";
import { ScalarType } from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import type { Interceptor } from "@connectrpc/connect";
import { DomainError } from "../errors.ts";
import { withEachMessage } from "./each-message.ts";

/**
 * Refuses text that PostgreSQL cannot store: U+0000 and lone surrogates, which JSON can smuggle in with `\u` escapes.
 * INVALID_ARGUMENT (INVALID_TEXT) with the field's path.
 */
export const strictStrings: Interceptor = (next) => (req) => next(withEachMessage(req, checkStrings));

/** Throws at the first field whose text is not acceptable. */
export function checkStrings(message: Message, desc: DescMessage): void {
  const fields = textFields(desc);
  if (fields.every(isPlainText)) {
    const values: Message & Readonly<Record<string, unknown>> = message as typeof values;
    for (const { localName, name } of fields) checkText(values[localName], name);
  } else {
    checkMessage(reflect(desc, message, false), "");
  }
}

/** Its value is a property of the message, as it is for most fields of most requests. */
const isPlainText = (field: DescField): boolean =>
  field.fieldKind === "scalar" && field.scalar === ScalarType.STRING && field.oneof === undefined;

function checkMessage(message: ReflectMessage, path: string): void {
  for (const field of textFields(message.desc)) {
    if (!message.isSet(field)) continue;
    const fieldPath = path === "" ? field.name : `${path}.${field.name}`;
    switch (field.fieldKind) {
      case "scalar":
        checkText(message.get(field), fieldPath);
        break;
      case "message":
        checkMessage(message.get(field), fieldPath);
        break;
      case "list": {
        let index = 0;
        for (const item of message.get(field)) checkItem(item, `${fieldPath}[${index++}]`);
        break;
      }
      case "map":
        for (const [key, value] of message.get(field)) {
          checkText(key, fieldPath);
          checkItem(value, `${fieldPath}["${key}"]`);
        }
    }
  }
}

function checkItem(item: unknown, path: string): void {
  if (isReflectMessage(item)) checkMessage(item, path);
  else checkText(item, path);
}

function checkText(value: unknown, field: string): void {
  if (typeof value !== "string" || (value.isWellFormed() && !value.includes("\0"))) return;
  throw new DomainError("invalid-argument", "INVALID_TEXT", "text must be valid Unicode without U+0000", { field });
}

function isReflectMessage(item: unknown): item is ReflectMessage {
  return typeof item === "object" && item !== null && "desc" in item && "message" in item;
}

const textFieldsOf = new WeakMap<DescMessage, readonly DescField[]>();

/** The fields that can hold text, or a message that can: worked out once for each type. */
function textFields(desc: DescMessage): readonly DescField[] {
  let fields = textFieldsOf.get(desc);
  if (fields === undefined) {
    fields = desc.fields.filter((field) => holdsText(field, new Set()));
    textFieldsOf.set(desc, fields);
  }
  return fields;
}

function holdsText(field: DescField, seen: Set<DescMessage>): boolean {
  if (field.scalar === ScalarType.STRING) return true;
  if (field.fieldKind === "map" && field.mapKey === ScalarType.STRING) return true;
  if (field.message === undefined) return false;
  // Types may contain themselves; what is reachable through this one is being looked at already.
  if (seen.has(field.message)) return false;
  seen.add(field.message);
  return field.message.fields.some((inner) => holdsText(inner, seen));
}
