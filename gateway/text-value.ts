import { type DescField, type DescMessage, type JsonValue, ScalarType } from "@bufbuild/protobuf";

/**
 * The JSON value that a piece of text from a path, a query or a header stands for. Numbers, enums, bytes, timestamps,
 * durations and field masks stay text: in protobuf JSON they may be.
 */
export function textValue(field: DescField, text: string): JsonValue {
  if (field.scalar === ScalarType.BOOL || field.message?.typeName === "google.protobuf.BoolValue") {
    return text === "true" ? true : text === "false" ? false : text;
  }
  if (field.enum !== undefined && /^-?\d+$/.test(text)) return Number(text);
  return text;
}

/** Whether text can stand for the field's value, or for one of a list's. */
export function isTextual(field: DescField): boolean {
  if (field.fieldKind === "map") return false;
  return field.message === undefined || textualMessages.has(field.message.typeName);
}

/** Messages whose JSON form is a string, a number or a boolean. */
const textualMessages: ReadonlySet<string> = new Set(
  "Timestamp Duration FieldMask BoolValue BytesValue StringValue DoubleValue FloatValue Int32Value UInt32Value Int64Value UInt64Value"
    .split(" ")
    .map((name) => `google.protobuf.${name}`),
);

/** Whether the message's JSON form is not the object of its fields. */
export const hasOwnJsonForm = (message: DescMessage): boolean =>
  textualMessages.has(message.typeName) || /^google\.protobuf\.(Struct|Value|ListValue|Any)$/.test(message.typeName);
