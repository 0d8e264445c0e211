/** A path variable of a `google.api.http` template and the request field that it fills. */
export interface PathVariable {
  /** Path of the request field, e.g. "user.id". */
  readonly field: string;
  /** The value, put together again: text as it stands, and the router's parameters. */
  readonly parts: readonly (string | { readonly parameter: string })[];
}

/** A path template, in the forms that its readers need. */
export interface PathTemplate {
  /** As fastify's router spells it. */
  readonly route: string;
  /** As OpenAPI spells it. */
  readonly openapi: string;
  readonly variables: readonly PathVariable[];
  /** A parameter of `openapi` and the request field it belongs to. */
  readonly parameters: readonly { readonly name: string; readonly field: string }[];
  /** Matches the paths of `route`, but takes any colon in the last segment for the beginning of a verb. */
  readonly pattern: RegExp;
}

const syntax = /^(?:\/(?:\{[\w.]+(?:=[^{}:]+)?\}|[^/{}:*]+|\*\*?))+(?::[\w-]+)?$/;
const segments = /\{([\w.]+)(?:=([^{}:]+))?\}|[^/{}]+/g;

/**
 * Parses the path of a rule (google/api/http.proto, "Path template syntax"): literals, `*`, a final `**`, variables with
 * and without a pattern, and a custom verb.
 */
export function parsePathTemplate(template: string): PathTemplate {
  if (!syntax.test(template)) throw new Error(`"${template}" is not a path template that the gateway can route`);
  const [, path = template, verb = ""] = /^(.*?)(?::([\w-]+))?$/.exec(template) ?? [];
  const variables: PathVariable[] = [];
  const written: Segment[] = [];
  for (const [literal, field, pattern] of path.matchAll(segments)) {
    const own = (field === undefined ? literal : (pattern ?? "*"))
      .split("/")
      .map((text, index) => parseSegment(text, written.length + index, field));
    written.push(...own);
    if (field !== undefined) variables.push({ field, parts: own.flatMap(valueParts) });
  }
  const last = written.at(-1);
  if (written.slice(0, -1).some((segment) => segment.rest) || (last?.rest && verb !== "")) {
    throw new Error(`"${template}": "**" can only end a path`);
  }
  const names = parameterNames(written);
  const suffix = verb === "" ? "" : `:${verb}`;
  return {
    route: routeOf(written, verb),
    openapi: written.map((segment, index) => `/${names[index]?.placeholder ?? segment.text}`).join("") + suffix,
    variables,
    parameters: names.flatMap((name) => (name === undefined ? [] : [{ name: name.name, field: name.field }])),
    pattern: new RegExp(
      `^${written.map((segment, index) => expression(segment, index === written.length - 1)).join("")}${suffix}$`,
    ),
  };
}

interface Segment {
  readonly text: string;
  /** The router's parameter; undefined for a literal. */
  readonly parameter: string | undefined;
  readonly rest: boolean;
  readonly field: string | undefined;
}

function parseSegment(text: string, index: number, field: string | undefined): Segment {
  if (text === "**") return { text, parameter: "*", rest: true, field };
  return { text, parameter: text === "*" ? `p${index}` : undefined, rest: false, field };
}

function valueParts(segment: Segment, index: number): PathVariable["parts"] {
  const part = segment.parameter === undefined ? segment.text : { parameter: segment.parameter };
  return index === 0 ? [part] : ["/", part];
}

function routeOf(written: readonly Segment[], verb: string): string {
  const path = written.map(({ text, parameter, rest }, index) => {
    if (parameter === undefined) return `/${text}`;
    if (rest) return "/*";
    // In find-my-way a parameter before a colon needs an expression of its own, or it would swallow the verb.
    return index === written.length - 1 && verb !== "" ? `/:${parameter}(^[^/:]+)` : `/:${parameter}`;
  });
  return path.join("") + (verb === "" ? "" : `::${verb}`);
}

function expression({ text, parameter, rest }: Segment, last: boolean): string {
  if (rest) return "/.*";
  if (parameter === undefined) return `/${text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&")}`;
  return last ? "/[^/:]+" : "/[^/]+";
}

/** Short names, so that "/users/{id}" and "/users/{user.id}" are one path of the document, which must not tell them apart. */
function parameterNames(written: readonly Segment[]) {
  const used = new Map<string, number>();
  return written.map(({ parameter, field }) => {
    if (parameter === undefined) return undefined;
    const short = field?.split(".").at(-1) ?? "segment";
    const count = (used.get(short) ?? 0) + 1;
    used.set(short, count);
    const name = count === 1 ? short : `${short}${count}`;
    return { name, field: field ?? "", placeholder: `{${name}}` };
  });
}
