import { z } from "zod";

/** Every problem of a configuration at once, so that a start-up fails one time and not five. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/**
 * Reads a configuration from environment variables. An empty variable counts as unset.
 * @throws ConfigError naming every variable that is missing or wrong, without its value.
 */
export function parseConfig<T extends z.ZodType>(schema: T, env: NodeJS.ProcessEnv): z.output<T> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ""));
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    (issue) => `  ${issue.path.join(".") || "(configuration)"}: ${issue.message}`,
  );
  throw new ConfigError(`The configuration is not usable:\n${problems.join("\n")}`);
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

/** `gateway=secret,auth=other`: the secret of each service that may call. */
export const serviceCredentials = z
  .string()
  .default("")
  .transform((text, context) => {
    const credentials = new Map<string, string>();
    for (const pair of text.split(",").filter((part) => part.trim() !== "")) {
      const [, name, secret] = /^\s*([a-z][a-z0-9-]*)=(\S+)\s*$/.exec(pair) ?? [];
      if (name === undefined || secret === undefined) {
        context.addIssue({ code: "custom", message: "must look like name=secret,name=secret" });
        return z.NEVER;
      }
      credentials.set(name, secret);
    }
    return credentials;
  });

/** What a configuration says only in production: refuse what is convenient elsewhere. */
export const environment = z.enum(["development", "production", "test"]).default("development");

/** What is convenient elsewhere and refused in production; each problem names the variable that has it. */
export interface ProductionRules {
  readonly refuse: (variable: string, message: string) => void;
  /** The broker's own guest, or a broker by default. */
  brokerUrl(variable: string, url: string | undefined): void;
  /** Secrets that could be guessed. */
  serviceSecrets(credentials: ReadonlyMap<string, string>): void;
}

const leastSecretLength = 32;

/** Applies `check` to a configuration that is for production. */
export const inProduction =
  <T extends { readonly NODE_ENV: string }>(check: (env: T, rules: ProductionRules) => void) =>
  (env: T, context: z.RefinementCtx): void => {
    if (env.NODE_ENV !== "production") return;
    const refuse = (variable: string, message: string): void =>
      context.addIssue({ code: "custom", path: [variable], message });
    check(env, {
      refuse,
      brokerUrl(variable, url) {
        if (url === undefined) refuse(variable, "is required in production");
        else if (new URL(url).username === "guest") refuse(variable, "must not use guest in production");
      },
      serviceSecrets(credentials) {
        if (credentials.size === 0) refuse("SERVICE_CREDENTIALS", "is required in production");
        for (const [name, secret] of credentials) {
          if (secret.length >= leastSecretLength) continue;
          refuse("SERVICE_CREDENTIALS", `the secret of ${name} must have at least ${leastSecretLength} characters`);
        }
      },
    });
  };
