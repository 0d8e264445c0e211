import type { JsonObject } from "@bufbuild/protobuf";
import { Access_Level, HeaderField_Form } from "../proto/gen/limen/options/v1/options_pb.ts";
import type { Binding } from "./bindings.ts";
import type { Schemas } from "./openapi-schema.ts";

/** The OpenAPI responses of one binding: its answer, and the problems that such a request can meet. */
export function responsesOf(binding: Binding, schemas: Schemas): JsonObject {
  const problems = Object.fromEntries(
    problemStatuses(binding).map((status) => [status, { $ref: `#/components/responses/${status}` }]),
  );
  return { ...success(binding, schemas), ...problems, default: { $ref: "#/components/responses/default" } };
}

function success({ method, mapping }: Binding, schemas: Schemas): JsonObject {
  const schema = schemas.message(method.output, "response");
  if (method.methodKind === "server_streaming") {
    const description = "Server-sent events. The data of each is JSON of the schema, here given for one event.";
    return { "200": { description, headers: { ...requestId }, content: { "text/event-stream": { schema } } } };
  }
  const headers = {
    ...requestId,
    ...(mapping?.etagField ? { ETag: header("Version of the resource, in quotes.") } : {}),
  };
  const content = { "application/json": { schema } };
  const done = { [mapping?.successStatus || 200]: { description: "Done.", headers, content } };
  if (mapping?.accepted === undefined) return done;
  const location = header("Where the operation can be followed.");
  return {
    ...done,
    "202": { description: "Accepted, and not finished yet.", headers: { ...headers, Location: location }, content },
  };
}

function problemStatuses({ access, body, headers, httpMethod, template, mapping }: Binding): number[] {
  const { level } = access;
  return [
    400,
    ...(level === Access_Level.PUBLIC && httpMethod === "GET" ? [] : [401]),
    ...(level === Access_Level.OWNER || level === Access_Level.ADMIN ? [403] : []),
    ...(template.parameters.length > 0 ? [404] : []),
    ...(httpMethod === "GET" ? [] : [409]),
    ...(headers.some(({ form }) => form === HeaderField_Form.ENTITY_TAG) ? [412] : []),
    ...(body === undefined ? [] : [413, 415]),
    ...(headers.some(({ name }) => /^idempotency-key$/i.test(name)) || mapping?.accepted ? [422] : []),
    429,
    503,
  ];
}

const header = (description: string): JsonObject => ({ description, schema: { type: "string" } });
const requestId: JsonObject = { "X-Request-Id": header("Names this request in logs and in problems.") };

const descriptions: Readonly<Record<string, string>> = {
  400: "The request is malformed or breaks a rule; the violations name the fields.",
  401: "The credentials are missing or do not count.",
  403: "Not allowed to the caller.",
  404: "There is no such thing.",
  409: "The state of things does not allow it.",
  412: "The resource has another version than If-Match asks for.",
  413: "The body is too large.",
  415: "The body is not application/json.",
  422: "The idempotency key was used with another request.",
  429: "Too many requests.",
  503: "Overloaded, or something that is needed is away.",
  default: "Any other failure.",
};

const extraHeaders: Readonly<Record<string, JsonObject>> = {
  401: { "WWW-Authenticate": header("The scheme to use (RFC 6750, section 3).") },
  429: { "Retry-After": header("Seconds until a new attempt makes sense.") },
  503: { "Retry-After": header("Seconds until a new attempt makes sense.") },
};

/** The problem responses that operations refer to. */
export const problemResponses: JsonObject = Object.fromEntries(
  Object.entries(descriptions).map(([status, description]) => [
    status,
    {
      description,
      headers: { ...requestId, ...extraHeaders[status] },
      content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
    },
  ]),
);

/** RFC 9457 with Limen's members. */
export const problemSchema: JsonObject = {
  type: "object",
  required: ["type", "title", "status", "detail", "reason", "requestId", "violations"],
  properties: {
    type: { type: "string", const: "about:blank" },
    title: { type: "string" },
    status: { type: "integer" },
    detail: { type: "string" },
    reason: { type: "string", description: "Machine-readable and never renamed.", examples: ["EMAIL_TAKEN"] },
    requestId: { type: "string" },
    violations: {
      type: "array",
      items: {
        type: "object",
        required: ["field", "rule", "message"],
        properties: {
          field: {
            type: "string",
            description: "Path in the body, or the name of the parameter.",
            examples: ["email"],
          },
          rule: { type: "string", examples: ["string.email"] },
          message: { type: "string" },
        },
      },
    },
  },
};
