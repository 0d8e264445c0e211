import { create, type DescField, type DescMessage, isFieldSet, type JsonObject, ScalarType } from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence } from "@bufbuild/protobuf/wkt";
import { createValidator } from "@bufbuild/protovalidate";
import type { FieldRules } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { ruleKeywords, rulesOf } from "./openapi-rules.ts";

/** Which way a message travels: what is required, and whether more may come, depends on it. */
export type Direction = "request" | "response";

/** JSON Schemas (2020-12, as OpenAPI 3.1 has them) of protobuf JSON. */
export interface Schemas {
  /** A reference to the message's schema, which is then among the components. */
  message(message: DescMessage, direction: Direction): JsonObject;
  /** The message's own schema, without the fields that come another way. */
  object(message: DescMessage, direction: Direction, without?: ReadonlySet<DescField>): JsonObject;
  field(field: DescField, direction: Direction): JsonObject;
  /** The schemas referred to so far, by name. */
  readonly components: JsonObject;
}

export function createSchemas(): Schemas {
  const validator = createValidator();
  const names = new Map<string, string>();
  const components: JsonObject = {};

  function message(desc: DescMessage, direction: Direction): JsonObject {
    const own = ownForms[desc.typeName];
    if (own !== undefined) return own;
    const key = `${direction} ${desc.typeName}`;
    let name = names.get(key);
    if (name === undefined) {
      name = unusedName(desc, direction);
      names.set(key, name);
      components[name] = {};
      components[name] = object(desc, direction);
    }
    return { $ref: `#/components/schemas/${name}` };
  }

  function unusedName(desc: DescMessage, direction: Direction): string {
    const short = desc.typeName.slice(desc.file.proto.package.length + 1);
    const candidates = [short, direction === "request" ? `${short}.Input` : `${short}.Output`, desc.typeName];
    return candidates.find((name) => !(name in components)) ?? `${desc.typeName}.${direction}`;
  }

  function object(desc: DescMessage, direction: Direction, without: ReadonlySet<DescField> = new Set()): JsonObject {
    const fields = desc.fields.filter((one) => !without.has(one));
    const required = (direction === "request" ? requiredIn(desc) : desc.fields.filter(isAlwaysSent))
      .filter((one) => !without.has(one))
      .map((one) => one.jsonName);
    return {
      type: "object",
      title: desc.name,
      properties: Object.fromEntries(fields.map((one) => [one.jsonName, field(one, direction)])),
      ...(required.length === 0 ? {} : { required }),
      ...(direction === "request" ? { additionalProperties: false } : {}),
    };
  }

  /** Required is what an empty message is refused for. */
  function requiredIn(desc: DescMessage): DescField[] {
    const empty = create(desc);
    const { violations = [] } = validator.validate(desc, empty);
    return desc.fields.filter((one) => violations.some((v) => v.field[0] === one) && !isFieldSet(empty, one));
  }

  function field(one: DescField, direction: Direction): JsonObject {
    const rules = rulesOf(one);
    if (one.fieldKind === "list") {
      const items = rules?.type.case === "repeated" ? rules.type.value.items : undefined;
      return { type: "array", items: single(one, items, direction), ...ruleKeywords(rules) };
    }
    if (one.fieldKind === "map") {
      const values = rules?.type.case === "map" ? rules.type.value.values : undefined;
      return { type: "object", additionalProperties: single(one, values, direction), ...ruleKeywords(rules) };
    }
    return single(one, rules, direction);
  }

  function single(one: DescField, rules: FieldRules | undefined, direction: Direction): JsonObject {
    if (one.message !== undefined) return message(one.message, direction);
    if (one.enum !== undefined) return { type: "string", enum: one.enum.values.map(({ name }) => name) };
    const schema = { ...scalars[one.scalar ?? ScalarType.STRING], ...ruleKeywords(rules) };
    const example = examples[schema.format as string];
    return example === undefined || "examples" in schema ? schema : { ...schema, examples: [example] };
  }

  return { message, object, field, components };
}

/** Whether the answer has the field even where nobody set it. */
function isAlwaysSent(field: DescField): boolean {
  if (field.fieldKind === "list" || field.fieldKind === "map") return true;
  return field.fieldKind !== "message" && field.presence === FeatureSet_FieldPresence.IMPLICIT;
}

const int32: JsonObject = { type: "integer", format: "int32" };
const uint32: JsonObject = { type: "integer", format: "int64", minimum: 0, maximum: 4_294_967_295 };
// 64 bits do not fit into the numbers of JSON's readers, so protobuf JSON writes them as strings.
const int64: JsonObject = { type: "string", format: "int64", pattern: "^-?[0-9]+$" };
const uint64: JsonObject = { type: "string", format: "uint64", pattern: "^[0-9]+$" };

const scalars: Readonly<Record<ScalarType, JsonObject>> = {
  [ScalarType.STRING]: { type: "string" },
  [ScalarType.BOOL]: { type: "boolean" },
  [ScalarType.BYTES]: { type: "string", contentEncoding: "base64" },
  [ScalarType.DOUBLE]: { type: "number", format: "double" },
  [ScalarType.FLOAT]: { type: "number", format: "float" },
  [ScalarType.INT32]: int32,
  [ScalarType.SINT32]: int32,
  [ScalarType.SFIXED32]: int32,
  [ScalarType.UINT32]: uint32,
  [ScalarType.FIXED32]: uint32,
  [ScalarType.INT64]: int64,
  [ScalarType.SINT64]: int64,
  [ScalarType.SFIXED64]: int64,
  [ScalarType.UINT64]: uint64,
  [ScalarType.FIXED64]: uint64,
};

const examples: Readonly<Record<string, string>> = {
  email: "ada@example.com",
  uuid: "019a9c3e-5a7b-7c12-9a4e-0f1d2c3b4a59",
};

/** Messages of google.protobuf whose JSON form is their own. */
const ownForms: Readonly<Record<string, JsonObject>> = {
  "google.protobuf.Timestamp": { type: "string", format: "date-time", examples: ["2026-01-31T12:00:00Z"] },
  "google.protobuf.Duration": { type: "string", pattern: "^-?[0-9]+(\\.[0-9]{1,9})?s$", examples: ["2.5s"] },
  "google.protobuf.FieldMask": { type: "string", examples: ["name"] },
  "google.protobuf.Struct": { type: "object" },
  "google.protobuf.Value": {},
  "google.protobuf.ListValue": { type: "array", items: {} },
  "google.protobuf.Any": { type: "object", properties: { "@type": { type: "string" } }, required: ["@type"] },
  "google.protobuf.BoolValue": scalars[ScalarType.BOOL],
  "google.protobuf.BytesValue": scalars[ScalarType.BYTES],
  "google.protobuf.StringValue": scalars[ScalarType.STRING],
  "google.protobuf.DoubleValue": scalars[ScalarType.DOUBLE],
  "google.protobuf.FloatValue": scalars[ScalarType.FLOAT],
  "google.protobuf.Int32Value": int32,
  "google.protobuf.UInt32Value": uint32,
  "google.protobuf.Int64Value": int64,
  "google.protobuf.UInt64Value": uint64,
};
