import { z } from "zod";

/** Every problem of a configuration at once, so that a start-up fails one time and not five. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** For a variable: what is wrong with its value beside the others, or in production, where elsewhere it is convenient. */
export type Rules<S extends z.ZodObject> = {
  readonly [variable in keyof z.output<S>]?: (
    value: z.output<S>[variable],
    env: NodeJS.ProcessEnv,
  ) => string | undefined;
};

/**
 * Reads a configuration from environment variables. An empty variable counts as unset.
 * @throws ConfigError naming every variable that is missing or wrong, without its value.
 */
export function parseConfig<S extends z.ZodObject>(
  schema: S,
  env: NodeJS.ProcessEnv,
  { always = {}, production = {} }: { readonly always?: Rules<S>; readonly production?: Rules<S> } = {},
): z.output<S> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ""));
  const result = schema.safeParse(given);
  const problems = (result.error?.issues ?? []).map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  problems.push(...refusals(schema, given, always));
  if (given.NODE_ENV === "production") problems.push(...refusals(schema, given, production));
  if (result.success && problems.length === 0) return result.data;
  throw new ConfigError(`The configuration is not usable:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
}

/** Each variable is judged by itself, so that a mistake in one does not hide what is wrong with another. */
function* refusals(schema: z.ZodObject, env: NodeJS.ProcessEnv, rules: Rules<z.ZodObject>): Generator<string> {
  for (const [variable, rule] of Object.entries(rules)) {
    const value = z.safeParse(schema.shape[variable] ?? z.never(), env[variable]);
    const problem = value.success ? rule?.(value.data, env) : undefined;
    if (problem !== undefined) yield `${variable}: ${problem}`;
  }
}

export const port = (fallback: number) => z.coerce.number().int().min(0).max(65_535).default(fallback);

const span = z
  .string()
  .trim()
  .regex(/^\d+(ms|s|m|h|d)$/, "must be a number with a unit: ms, s, m, h or d")
  .transform(milliseconds);

/** A duration as people write it: "250ms", "5s", "10m", "24h", "30d". In milliseconds. */
export const duration = (fallback: string) => z.string().default(fallback).pipe(span);

/** Several of them: "5s,15s,60s". */
export const durations = (fallback: string) =>
  z
    .string()
    .default(fallback)
    .transform((text) => text.split(","))
    .pipe(z.array(span));

const units: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function milliseconds(text: string): number {
  const unit = text.replace(/\d+/, "");
  return Number.parseInt(text, 10) * (units[unit] ?? 1);
}

/** What every process of a service is told about its connections to the database and the broker. */
export const connectionVariables = {
  DATABASE_POOL_SIZE: z.coerce.number().int().min(2).max(100).default(10),
  DATABASE_IDLE_TRANSACTION_TIMEOUT: duration("15s"),
  RETRY_DELAY: duration("5s"),
  AMQP_HEARTBEAT: duration("5s"),
  AMQP_CONFIRM_TIMEOUT: duration("5s"),
};

export const connectionConfig = (values: z.output<z.ZodObject<typeof connectionVariables>>) => ({
  databasePoolSize: values.DATABASE_POOL_SIZE,
  idleTransactionMs: values.DATABASE_IDLE_TRANSACTION_TIMEOUT,
  retryDelayMs: values.RETRY_DELAY,
  heartbeatMs: values.AMQP_HEARTBEAT,
  confirmTimeoutMs: values.AMQP_CONFIRM_TIMEOUT,
});

/** How long an instance that was told to stop serves on, so that whoever sends it work can find out. */
export const shutdownDelay = duration("0s");

/** Name and secret of services that may call. */
export type ServiceSecrets = readonly (readonly [name: string, secret: string])[];

/**
 * `gateway=secret,auth=other`: the secret of each service that may call. All of a name's secrets are accepted, and its first
 * one is shown, so that it can be replaced without an interruption.
 */
export const serviceCredentials = z
  .string()
  .default("")
  .transform((text, context) => {
    const credentials: [name: string, secret: string][] = [];
    for (const pair of text.split(",").filter((part) => part.trim() !== "")) {
      const [, name, secret] = /^\s*([a-z][a-z0-9-]*)=(\S+)\s*$/.exec(pair) ?? [];
      if (name === undefined || secret === undefined) {
        context.addIssue({ code: "custom", message: "must look like name=secret,name=secret" });
        return z.NEVER;
      }
      credentials.push([name, secret]);
    }
    return credentials as ServiceSecrets;
  });

/** The one that the service shows. */
export const secretOf = (service: string, credentials: ServiceSecrets): string | undefined =>
  credentials.find(([name]) => name === service)?.[1];

/** For a service that calls others, by its name: a credential, unless it shows a certificate. */
export const credentialOf = (name: string) => (credentials: ServiceSecrets, env: NodeJS.ProcessEnv) =>
  secretOf(name, credentials) !== undefined || env.TLS_DIR !== undefined
    ? undefined
    : `must have an entry named "${name}"`;

/** Where a role's certificate, key and authority are; gRPC is plaintext without. */
export const tlsDirectory = z.string().optional();

/** `gateway=spiffe://limen/gateway,users=users-api.limen.svc`: service by a name in its certificate. */
export const tlsPeers = z
  .string()
  .default("")
  .transform((text, context) => {
    const services = new Map<string, string>();
    for (const pair of text.split(",").filter((part) => part.trim() !== "")) {
      const [, service, certificateName] = /^\s*([a-z][a-z0-9-]*)=([^\s",]+)\s*$/.exec(pair) ?? [];
      if (service === undefined || certificateName === undefined) {
        context.addIssue({ code: "custom", message: "must look like service=name-in-its-certificate" });
        return z.NEVER;
      }
      services.set(certificateName, service);
    }
    return services;
  });

/** For the peers of a listener that asks for certificates. */
export const knownPeers = (peers: ReadonlyMap<string, string>, env: NodeJS.ProcessEnv): string | undefined =>
  env.TLS_DIR !== undefined && peers.size === 0 ? "is required with TLS_DIR: who may call" : undefined;

export const environment = z.enum(["development", "production", "test"]).default("development");

/** For the URL of a service's own broker user, or `AMQP_URL` in its stead: no default, and not the broker's own guest. */
export function realBroker(url: string | undefined, env: NodeJS.ProcessEnv): string | undefined {
  const used = url ?? env.AMQP_URL;
  if (used === undefined) return "is required in production";
  return URL.parse(used)?.username === "guest" ? "must not use guest in production" : undefined;
}

const leastSecretLength = 32;

/** For service credentials: some, unless services show certificates, and none that could be guessed. */
export function strongSecrets(credentials: ServiceSecrets, env: NodeJS.ProcessEnv): string | undefined {
  if (credentials.length === 0) return env.TLS_DIR === undefined ? "is required in production" : undefined;
  const weak = credentials.filter(([, secret]) => secret.length < leastSecretLength).map(([name]) => name);
  return weak.length > 0
    ? `the secret of ${weak.join(", ")} must have at least ${leastSecretLength} characters`
    : undefined;
}
