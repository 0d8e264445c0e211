import {
  type DescField,
  type DescMessage,
  type DescMethod,
  type DescService,
  getOption,
  hasOption,
  ScalarType,
} from "@bufbuild/protobuf";
import { http as httpRoute } from "../../../proto/gen/google/api/annotations_pb.ts";
import { Access_Level, access } from "../../../proto/gen/limen/options/v1/options_pb.ts";

/** Who may call a method, as its contract declares. */
export type AccessRule =
  | { readonly level: "PUBLIC" | "AUTHENTICATED" | "ADMIN" | "SERVICE" }
  /** `owner`: the fields on the way to the one that names the user. */
  | { readonly level: "OWNER"; readonly owner: readonly DescField[] };

/** The rule of every method that is served. Throws for a method that it does not know. */
export type AccessPolicy = (method: DescMethod) => AccessRule;

/**
 * Reads `(limen.options.v1.access)`. Throws, and so keeps the service from starting, where a method does not say who
 * may call it, or says what cannot be enforced.
 */
export function readAccessPolicy(services: readonly DescService[]): AccessPolicy {
  const rules = new Map(services.flatMap((service) => service.methods).map((method) => [method, readRule(method)]));
  return (method) => {
    const rule = rules.get(method);
    if (rule === undefined) throw new Error(`no access rule is known for ${name(method)}`);
    return rule;
  };
}

function readRule(method: DescMethod): AccessRule {
  if (!hasOption(method, access)) throw new Error(`${name(method)} does not declare (limen.options.v1.access)`);
  const { level, ownerField } = getOption(method, access);
  switch (level) {
    case Access_Level.OWNER:
      return { level: "OWNER", owner: resolveOwner(method, ownerField) };
    case Access_Level.SERVICE:
      if (hasOption(method, httpRoute)) throw new Error(`${name(method)} is for services and has an HTTP route`);
      return { level: "SERVICE" };
    case Access_Level.PUBLIC:
      return { level: "PUBLIC" };
    case Access_Level.AUTHENTICATED:
      return { level: "AUTHENTICATED" };
    case Access_Level.ADMIN:
      return { level: "ADMIN" };
    default:
      throw new Error(`${name(method)} declares no access level`);
  }
}

function resolveOwner(method: DescMethod, path: string): readonly DescField[] {
  const fields: DescField[] = [];
  let inside: DescMessage | undefined = method.input;
  for (const part of path.split(".")) {
    const field: DescField | undefined = inside?.fields.find((candidate) => candidate.name === part);
    if (field === undefined || field.oneof !== undefined) throw ownerUnknown(method, path);
    fields.push(field);
    inside = field.fieldKind === "message" ? field.message : undefined;
  }
  const last = fields.at(-1);
  if (last?.fieldKind !== "scalar" || last.scalar !== ScalarType.STRING) throw ownerUnknown(method, path);
  return fields;
}

function ownerUnknown(method: DescMethod, path: string): Error {
  return new Error(`${name(method)}: owner_field "${path}" is not a string field of ${method.input.typeName}`);
}

function name(method: DescMethod): string {
  return `${method.parent.typeName}.${method.name}`;
}
