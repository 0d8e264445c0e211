import {
  type DescField,
  type DescMethod,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  type DescService,
  getOption,
  hasOption,
} from "@bufbuild/protobuf";
import { http as httpRule } from "../proto/gen/google/api/annotations_pb.ts";
import type { HttpRule } from "../proto/gen/google/api/http_pb.ts";
import {
  type Access,
  Access_Level,
  access as accessOption,
  type HeaderField_Form,
  type HttpMapping,
  http as mappingOption,
} from "../proto/gen/limen/options/v1/options_pb.ts";
import { type FieldPath, findField, requireFieldPath } from "./field-path.ts";
import { type PathTemplate, parsePathTemplate } from "./http-rule.ts";

export type HttpMethod = "GET" | "PUT" | "POST" | "DELETE" | "PATCH";

/** One HTTP form of one RPC: everything that the routes and the OpenAPI document are made from. */
export interface Binding {
  readonly service: DescService;
  readonly method: DescMethodUnary | DescMethodServerStreaming;
  /** Unique; a method's additional bindings are numbered. */
  readonly operationId: string;
  readonly httpMethod: HttpMethod;
  readonly template: PathTemplate;
  readonly variables: readonly BoundVariable[];
  /** "*" when the body is the whole request, a field when the body is that field, undefined when there is no body. */
  readonly body: "*" | DescField | undefined;
  readonly headers: readonly BoundHeader[];
  readonly access: Access;
  readonly mapping: HttpMapping | undefined;
}

export interface BoundVariable {
  readonly path: FieldPath;
  readonly parts: PathTemplate["variables"][number]["parts"];
}

export interface BoundHeader {
  readonly name: string;
  readonly path: FieldPath;
  readonly form: HeaderField_Form;
}

/**
 * The HTTP forms of a service's methods. A method without `google.api.http`, and one that is for services only, has none.
 * @throws Error for a method that says how it is reached but not who may call it, and for a mapping that fits no field.
 */
export function bindingsOf(service: DescService): Binding[] {
  return service.methods.flatMap((method) => {
    if (!hasOption(method, httpRule)) return [];
    const name = `${service.typeName}.${method.name}`;
    const access = hasOption(method, accessOption) ? getOption(method, accessOption) : undefined;
    if (access === undefined || access.level === Access_Level.LEVEL_UNSPECIFIED) {
      throw new Error(`${name} has an HTTP route and no access option`);
    }
    if (access.level === Access_Level.SERVICE) return [];
    if (!takesOneMessage(method)) throw new Error(`${name} takes a stream, which HTTP cannot carry`);
    const rule = getOption(method, httpRule);
    return [rule, ...rule.additionalBindings].map((one, index) => bind(service, method, access, one, index));
  });
}

function takesOneMessage(method: DescMethod): method is Binding["method"] {
  return method.methodKind === "unary" || method.methodKind === "server_streaming";
}

function bind(service: DescService, method: Binding["method"], access: Access, rule: HttpRule, index: number): Binding {
  const { input } = method;
  const { httpMethod, path } = patternOf(rule, method.name);
  const template = parsePathTemplate(path);
  const mapping = hasOption(method, mappingOption) ? getOption(method, mappingOption) : undefined;
  return {
    service,
    method,
    operationId: method.name + (index === 0 ? "" : String(index + 1)),
    httpMethod,
    template,
    variables: template.variables.map(({ field, parts }) => ({ path: requireFieldPath(input, field), parts })),
    body: bodyOf(method, rule.body),
    headers: (mapping?.requestHeaders ?? []).map(({ header, field, form }) => ({
      name: header,
      path: requireFieldPath(input, field),
      form,
    })),
    access,
    mapping,
  };
}

function patternOf(rule: HttpRule, name: string): { httpMethod: HttpMethod; path: string } {
  const { pattern } = rule;
  switch (pattern.case) {
    case "get":
      return { httpMethod: "GET", path: pattern.value };
    case "put":
      return { httpMethod: "PUT", path: pattern.value };
    case "post":
      return { httpMethod: "POST", path: pattern.value };
    case "delete":
      return { httpMethod: "DELETE", path: pattern.value };
    case "patch":
      return { httpMethod: "PATCH", path: pattern.value };
    default:
      throw new Error(`${name} has an HTTP method that the gateway does not route`);
  }
}

function bodyOf(method: Binding["method"], body: string): Binding["body"] {
  if (body === "") return undefined;
  if (body === "*") return "*";
  const field = findField(method.input, body);
  if (field === undefined) throw new Error(`${method.input.typeName} has no field "${body}", which is to be its body`);
  return field;
}
