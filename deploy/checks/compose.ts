import { join } from "node:path";
import { parse } from "yaml";
import { mountProblems } from "./compose-mounts.ts";
import { containers, drainSeconds, environmentProblems, isSecret, roles, sampleSecrets } from "./roles.ts";

/** The parts of the Compose specification that the rules read. */
export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly configs: Readonly<Record<string, { readonly content: string }>>;
}

export interface ComposeService {
  readonly image?: string;
  readonly profiles?: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly volumes?: readonly string[];
  readonly configs?: readonly { readonly source: string; readonly target: string }[];
  readonly networks?: readonly string[];
  readonly ports?: readonly string[];
  readonly read_only?: boolean;
  readonly privileged?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly stop_grace_period?: string;
  readonly deploy?: { readonly resources?: { readonly limits?: { readonly cpus?: string; readonly memory?: string } } };
}

export const parseCompose = (yaml: string): ComposeFile => parse(yaml, { merge: true }) as ComposeFile;

/** Everything that is wrong with the Compose file. */
export function composeProblems(yaml: string): string[] {
  return [...problems(yaml, parseCompose(yaml))];
}

function* problems(yaml: string, file: ComposeFile): Generator<string> {
  const { services, networks } = file;
  for (const [name, service] of Object.entries(services)) yield* serviceProblems(name, service);
  for (const name of Object.keys(containers)) {
    const service = services[name];
    if (service === undefined) yield `${name}: has no service`;
    else yield* containerProblems(name, service);
  }
  for (const name of Object.keys(roles)) {
    if (!waitsForMigration(name, services)) yield `${name}: starts before the migration has succeeded`;
    if (!services[name]?.healthcheck?.test?.includes("readyz")) yield `${name}: its health is not its readiness`;
    for (const observer of ["prometheus", "otel-collector"]) {
      const isShared = (network: string) => services[observer]?.networks?.includes(network);
      if (!services[name]?.networks?.some(isShared)) yield `${name}: shares no network with ${observer}`;
    }
  }
  for (const network of ["services", "data"]) {
    if (networks[network]?.internal !== true) yield `network ${network}: must be internal`;
  }
  yield* mountProblems(file, join(import.meta.dirname, ".."));
  yield* interpolationProblems(yaml);
}

function* serviceProblems(name: string, service: ComposeService): Generator<string> {
  const limits = service.deploy?.resources?.limits;
  if (limits?.cpus === undefined || limits.memory === undefined) yield `${name}: has no limits`;
  if (!/:(?!latest$)[\w.-]+$/.test(service.image ?? "")) yield `${name}: image ${service.image} has no fixed tag`;
  if (!service.security_opt?.includes("no-new-privileges:true")) yield `${name}: may gain privileges`;
  if (service.privileged === true) yield `${name}: is privileged`;
  if (service.healthcheck === undefined) yield `${name}: has no health check`;
  const isPublic = service.ports?.some((port) => !port.startsWith("127.0.0.1:"));
  if (isPublic === true && name !== "gateway") yield `${name}: publishes a port`;
  if (service.networks?.includes("data") && service.networks.includes("edge")) yield `${name}: joins edge and data`;
  if (service.networks?.includes("mail") && name !== "auth-worker" && name !== "mailbox") yield `${name}: joins mail`;
}

/** The rules for a container of Limen's own image. */
function* containerProblems(name: string, service: ComposeService): Generator<string> {
  if (service.command?.join(" ") !== name) yield `${name}: is started as ${service.command?.join(" ")}`;
  if (service.read_only !== true) yield `${name}: can write to its root file system`;
  if (service.cap_drop?.join() !== "ALL") yield `${name}: keeps capabilities`;
  if (Number.parseInt(service.stop_grace_period ?? "10s", 10) < drainSeconds)
    yield `${name}: has too little time to stop`;
  yield* environmentProblems(name, environmentOf(service, sampleAnswers, sampleSecrets));
  for (const [variable, value] of Object.entries(service.environment ?? {})) {
    const literal = value.replaceAll(/\$\{\w+(:\?[^}]*|:-)\}/g, "");
    if (isSecret(variable) && literal === value) yield `${name}: ${variable} is a literal secret`;
    if (/:\/\/[^/@]*:[^/@]+@/.test(literal)) yield `${name}: ${variable} holds a password`;
  }
}

/**
 * What a container is told.
 * @param answers to what Compose asks for
 * @param overrides values of the container's variables that are not what Compose would make of them
 */
export function environmentOf(
  { environment = {} }: ComposeService,
  answers: Readonly<Record<string, string>>,
  overrides: Readonly<Record<string, string>>,
): ReadonlyMap<string, string> {
  const entries = Object.entries(environment).map(([variable, value]): [string, string] => [
    variable,
    overrides[variable] ?? interpolate(value, answers),
  ]);
  return new Map(entries.filter(([, value]) => value !== ""));
}

const sampleAnswers = {
  COMPOSE_PROFILES: "observability",
  PUBLIC_URL: "https://limen.example.com",
  MAIL_FROM: "Limen <no-reply@limen.example.com>",
};

function waitsForMigration(name: string, services: ComposeFile["services"]): boolean {
  return Object.entries(services[name]?.depends_on ?? {}).some(([dependency, { condition }]) =>
    dependency === "migrate" ? condition === "service_completed_successfully" : waitsForMigration(dependency, services),
  );
}

/** `${X:?…}` stops Compose when X is not set; `${X:-…}`, `${X}` and `$X` go on without it, as without a previous key. */
function* interpolationProblems(yaml: string): Generator<string> {
  for (const [text, braced, rest, bare] of yaml.matchAll(/(?<!\$)\$(?:\{(\w+)([^}]*)\}|(\w+))/g)) {
    const variable = braced ?? bare ?? "";
    const isSpare = variable.endsWith("_PREVIOUS") && rest === ":-";
    if (isSecret(variable) && !isSpare && !rest?.startsWith(":?"))
      yield `${text}: a secret without which nothing may start`;
  }
}

/** What Compose makes of a text, with these variables. */
export function interpolate(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(
    /\$\$|\$\{(\w+)(?::(?:\?[^}]*|-((?:\$\{[^}]*\}|[^}])*)|\+([^}]*)))?\}/g,
    (match, variable = "", preset = "", replacement?: string) => {
      if (match === "$$") return "$";
      const value = variables[variable] ?? "";
      if (replacement !== undefined) return value === "" ? "" : replacement;
      return value === "" ? interpolate(preset, variables) : value;
    },
  );
}
