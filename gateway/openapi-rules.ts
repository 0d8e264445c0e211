import { type DescField, getOption, hasOption, type JsonObject } from "@bufbuild/protobuf";
import {
  type FieldRules,
  type Int32Rules,
  field as rulesOption,
  type StringRules,
} from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";

/** The rules that the contract gives to a field. */
export const rulesOf = (field: DescField): FieldRules | undefined =>
  hasOption(field, rulesOption) ? getOption(field, rulesOption) : undefined;

/** The JSON Schema keywords that say what rules of buf.validate say, as far as JSON Schema has a word for it. */
export function ruleKeywords(rules: FieldRules | undefined): JsonObject {
  const { type } = rules ?? {};
  switch (type?.case) {
    case "string":
      return stringKeywords(type.value);
    case "float":
    case "double":
    case "int32":
    case "uint32":
    case "sint32":
    case "fixed32":
    case "sfixed32":
      return numberKeywords(type.value);
    case "repeated":
      return defined({
        minItems: positive(type.value.minItems),
        maxItems: positive(type.value.maxItems),
        uniqueItems: type.value.unique || undefined,
      });
    case "map":
      return defined({ minProperties: positive(type.value.minPairs), maxProperties: positive(type.value.maxPairs) });
    default:
      return {};
  }
}

const formats: Partial<Record<NonNullable<StringRules["wellKnown"]["case"]>, string>> = {
  email: "email",
  hostname: "hostname",
  ipv4: "ipv4",
  ipv6: "ipv6",
  uri: "uri",
  uriRef: "uri-reference",
  uuid: "uuid",
};

function stringKeywords(rules: StringRules): JsonObject {
  const wellKnown = rules.wellKnown.case;
  // A character takes one to four bytes, so a limit in bytes limits the characters too.
  const limits = [rules.maxLen, rules.len, rules.maxBytes, rules.lenBytes].filter((limit) => limit > 0n);
  return defined({
    minLength: positive(rules.len) ?? positive(rules.minLen) ?? positive((rules.minBytes + 3n) / 4n),
    maxLength: limits.length === 0 ? undefined : Math.min(...limits.map(Number)),
    pattern: rules.pattern || undefined,
    format: wellKnown === undefined ? undefined : formats[wellKnown],
    const: rules.const || undefined,
    enum: rules.in.length === 0 ? undefined : rules.in,
    examples: rules.example.length === 0 ? undefined : rules.example,
  });
}

type NumberRules = Pick<Int32Rules, "greaterThan" | "lessThan" | "in" | "example">;

function numberKeywords({ greaterThan, lessThan, in: values, example }: NumberRules): JsonObject {
  return defined({
    minimum: greaterThan.case === "gte" ? greaterThan.value : undefined,
    exclusiveMinimum: greaterThan.case === "gt" ? greaterThan.value : undefined,
    maximum: lessThan.case === "lte" ? lessThan.value : undefined,
    exclusiveMaximum: lessThan.case === "lt" ? lessThan.value : undefined,
    enum: values.length === 0 ? undefined : values,
    examples: example.length === 0 ? undefined : example,
  });
}

const positive = (count: bigint): number | undefined => (count > 0n ? Number(count) : undefined);

function defined(keywords: { readonly [name: string]: JsonObject[string] | undefined }): JsonObject {
  return Object.fromEntries(
    Object.entries(keywords).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
