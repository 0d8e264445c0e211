import type { DescField, DescMessage, JsonObject } from "@bufbuild/protobuf";
import { HeaderField_Form } from "../proto/gen/limen/options/v1/options_pb.ts";
import type { Binding } from "./bindings.ts";
import { type FieldPath, jsonPath, requireFieldPath } from "./field-path.ts";
import type { Schemas } from "./openapi-schema.ts";
import { hasOwnJsonForm, isTextual } from "./text-value.ts";

/** The OpenAPI parameters of one binding: path, query and headers. */
export function parametersOf(binding: Binding, schemas: Schemas): JsonObject[] {
  return [...pathParameters(binding, schemas), ...queryParameters(binding, schemas), ...headerParameters(binding)];
}

function pathParameters({ template, method, access }: Binding, schemas: Schemas): JsonObject[] {
  const owner = access.ownerField;
  return template.parameters.map(({ name, field }) => {
    const leaf = field === "" ? undefined : requireFieldPath(method.input, field).at(-1);
    const schema = leaf === undefined ? { type: "string" } : schemas.field(leaf, "request");
    const me = { const: "me", description: "The caller." };
    return {
      name,
      in: "path",
      required: true,
      schema: field !== "" && field === owner ? { anyOf: [schema, me] } : schema,
    };
  });
}

function queryParameters(binding: Binding, schemas: Schemas): JsonObject[] {
  if (binding.body === "*") return [];
  const bound = new Set<DescField | undefined>(binding.variables.map(({ path }) => path.at(-1)));
  bound.add(binding.body);
  return textFields(binding.method.input, [], bound).map((path) => {
    const leaf = path.at(-1);
    return {
      name: jsonPath(path),
      in: "query",
      ...(leaf === undefined ? {} : { schema: schemas.field(leaf, "request") }),
    };
  });
}

/** Every field below a message that a query can fill. A type inside itself is left out. */
function textFields(message: DescMessage, above: FieldPath, bound: ReadonlySet<DescField | undefined>): FieldPath[] {
  return message.fields.flatMap((field) => {
    const path = [...above, field];
    if (bound.has(field)) return [];
    if (isTextual(field)) return [path];
    if (field.fieldKind !== "message" || hasOwnJsonForm(field.message)) return [];
    const repeats = above.some((one) => one.message === field.message) || field.message === field.parent;
    return repeats ? [] : textFields(field.message, path, bound);
  });
}

const headerSchemas: Readonly<Record<HeaderField_Form, JsonObject>> = {
  [HeaderField_Form.FORM_UNSPECIFIED]: { schema: { type: "string" } },
  [HeaderField_Form.ENTITY_TAG]: {
    description: 'An entity tag in quotes: the change is made only to that version. "*" sets no condition.',
    schema: { type: "string", examples: ['"1"'] },
  },
  [HeaderField_Form.PREFER_WAIT]: {
    description: "Seconds to wait for the outcome (RFC 7240, section 4.3).",
    schema: { type: "string", examples: ["wait=5"] },
  },
};

function headerParameters({ headers }: Binding): JsonObject[] {
  return headers.map(({ name, form }) => ({ name, in: "header", ...headerSchemas[form] }));
}
