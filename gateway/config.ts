import { z } from "zod";
import {
  credentialOf,
  environment,
  parseConfig,
  port,
  type Rules,
  secretOf,
  serviceCredentials,
  shutdownDelay,
  strongSecrets,
  tlsDirectory,
} from "../services/platform/config.ts";
import { tracingConfig, tracingVariables } from "../services/platform/tracing/tracing-config.ts";

const origin = z.string().refine((text) => text === "*" || URL.parse(text)?.origin === text, {
  message: 'must be origins such as "https://app.example.com", separated by commas',
});

const schema = z.object({
  NODE_ENV: environment,
  LOG_LEVEL: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
  ...tracingVariables,
  HOST: z.string().default("0.0.0.0"),
  PORT: port(8_080),
  SHUTDOWN_DELAY: shutdownDelay,
  MANAGEMENT_PORT: port(9_090),
  USERS_GRPC_TARGET: z.string().default("127.0.0.1:50051"),
  AUTH_GRPC_TARGET: z.string().default("127.0.0.1:50052"),
  SERVICE_CREDENTIALS: serviceCredentials,
  TLS_DIR: tlsDirectory,
  TRUSTED_HOPS: z.coerce.number().int().min(0).max(10).default(0),
  CORS_ORIGINS: z
    .string()
    .default("")
    .transform((text) =>
      text
        .split(",")
        .map((part) => part.trim())
        .filter((part) => part !== ""),
    )
    .pipe(z.array(origin)),
  PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
});

/** The environment variables that the gateway reads. */
export const gatewaySettings = Object.keys(schema.shape);

const always: Rules<typeof schema> = { SERVICE_CREDENTIALS: credentialOf("gateway") };
const production: Rules<typeof schema> = {
  SERVICE_CREDENTIALS: strongSecrets,
  CORS_ORIGINS: (origins) => (origins.includes("*") ? "must name origins in production" : undefined),
};

export type GatewayConfig = ReturnType<typeof readGatewayConfig>;

/** @throws ConfigError that names everything missing or wrong. */
export function readGatewayConfig(env: NodeJS.ProcessEnv) {
  const values = parseConfig(schema, env, { always, production });
  return {
    logLevel: values.LOG_LEVEL,
    tracing: tracingConfig(values),
    host: values.HOST,
    port: values.PORT,
    shutdownDelayMs: values.SHUTDOWN_DELAY,
    managementPort: values.MANAGEMENT_PORT,
    usersTarget: values.USERS_GRPC_TARGET,
    authTarget: values.AUTH_GRPC_TARGET,
    /** "gateway:<secret>"; with certificates there is none. */
    serviceCredential:
      values.TLS_DIR === undefined ? `gateway:${secretOf("gateway", values.SERVICE_CREDENTIALS)}` : undefined,
    tlsDirectory: values.TLS_DIR,
    trustedHops: values.TRUSTED_HOPS,
    corsOrigins: values.CORS_ORIGINS,
    publicUrl: values.PUBLIC_URL?.replace(/\/+$/, ""),
  } as const;
}
