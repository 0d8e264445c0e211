import type { DescField, JsonObject } from "@bufbuild/protobuf";
import { Access_Level } from "../proto/gen/limen/options/v1/options_pb.ts";
import type { Binding } from "./bindings.ts";
import { parametersOf } from "./openapi-parameters.ts";
import { problemResponses, problemSchema, responsesOf } from "./openapi-responses.ts";
import { createSchemas, type Schemas } from "./openapi-schema.ts";

interface OpenApiDeps {
  readonly bindings: readonly Binding[];
  /** Where clients reach the gateway, when that is known. */
  readonly publicUrl?: string | undefined;
}

/** The OpenAPI 3.1 document of the routes, from the same descriptors. */
export function openApiDocument({ bindings, publicUrl }: OpenApiDeps): JsonObject {
  const schemas = createSchemas();
  const paths: Record<string, JsonObject> = {};
  for (const binding of bindings) {
    const { openapi } = binding.template;
    paths[openapi] = { ...paths[openapi], [binding.httpMethod.toLowerCase()]: operation(binding, schemas) };
  }
  const services = [...new Set(bindings.map(({ service }) => service))];
  return {
    openapi: "3.1.0",
    info: {
      title: "Limen",
      version: "1",
      description: "Users and authentication. JSON is protobuf's: unset values are present, unset messages are absent.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [
      { url: "/", description: "Where this document is." },
      ...(publicUrl === undefined ? [] : [{ url: publicUrl, description: "The public address." }]),
    ],
    tags: services.map((service) => ({ name: tagOf(service), description: `The methods of ${service.typeName}.` })),
    paths,
    components: {
      schemas: { ...schemas.components, Problem: problemSchema },
      responses: problemResponses,
      securitySchemes: {
        accessToken: {
          type: "http",
          scheme: "bearer",
          bearerFormat: "JWT",
          description: "The accessToken of a login.",
        },
      },
    },
  };
}

const tagOf = ({ name }: { readonly name: string }): string => name.replace(/Service$/, "");

function operation(binding: Binding, schemas: Schemas): JsonObject {
  const { access, method, operationId, service } = binding;
  const parameters = parametersOf(binding, schemas);
  return {
    operationId,
    summary: words(method.name),
    description: `${audiences[access.level]} RPC: ${service.typeName}/${method.name}.`,
    tags: [tagOf(service)],
    security: access.level === Access_Level.PUBLIC ? [] : [{ accessToken: [] }],
    ...(method.deprecated ? { deprecated: true } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...requestBody(binding, schemas),
    responses: responsesOf(binding, schemas),
  };
}

function requestBody(binding: Binding, schemas: Schemas): JsonObject {
  const { body, method, variables } = binding;
  if (body === undefined) return {};
  const inPath = new Set(variables.map(({ path }) => path.at(-1)).filter((field): field is DescField => !!field));
  const message = body === "*" ? method.input : body.fieldKind === "message" ? body.message : undefined;
  const schema =
    message === undefined && body !== "*"
      ? schemas.field(body, "request")
      : schemas.object(message ?? method.input, "request", inPath);
  return { requestBody: { required: "required" in schema, content: { "application/json": { schema } } } };
}

const audiences: Readonly<Record<Access_Level, string>> = {
  [Access_Level.LEVEL_UNSPECIFIED]: "",
  [Access_Level.PUBLIC]: "For anyone.",
  [Access_Level.AUTHENTICATED]: "For anyone with a valid access token.",
  [Access_Level.OWNER]: "For the person concerned, and for administrators.",
  [Access_Level.ADMIN]: "For administrators.",
  [Access_Level.SERVICE]: "For services.",
};

/** "ListSessions" as "List sessions". */
function words(name: string): string {
  const spaced = name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, " ");
  return spaced.charAt(0) + spaced.slice(1).toLowerCase();
}
