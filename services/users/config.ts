import { z } from "zod";
import {
  connectionConfig,
  connectionVariables,
  credentialOf,
  durations,
  environment,
  knownPeers,
  parseConfig,
  port,
  type Rules,
  realBroker,
  serviceCredentials,
  shutdownDelay,
  strongSecrets,
  tlsDirectory,
  tlsPeers,
} from "../platform/config.ts";
import { tracingConfig, tracingVariables } from "../platform/tracing/tracing-config.ts";

const amqpUrl = z.url({ protocol: /^amqps?$/ }).optional();

const both = {
  NODE_ENV: environment,
  LOG_LEVEL: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
  ...tracingVariables,
  HOST: z.string().default("0.0.0.0"),
  MANAGEMENT_PORT: port(9_090),
  USERS_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  USERS_AMQP_URL: amqpUrl,
  AMQP_URL: amqpUrl,
  ...connectionVariables,
  SAGA_ANSWER_TIMEOUTS: durations("5s,15s,60s,5m"),
};

const workerSchema = z.object(both);

const apiSchema = z.object({
  ...both,
  USERS_GRPC_PORT: port(50_051),
  USERS_HTTP_PORT: port(8_081),
  SHUTDOWN_DELAY: shutdownDelay,
  AUTH_GRPC_TARGET: z.string(),
  JWKS_URL: z.url({ protocol: /^https?$/ }).optional(),
  TOKEN_ISSUER: z.string().default("limen"),
  TOKEN_AUDIENCE: z.string().default("limen"),
  SERVICE_CREDENTIALS: serviceCredentials,
  TLS_DIR: tlsDirectory,
  TLS_PEERS: tlsPeers,
});

const workerRules = { USERS_AMQP_URL: realBroker };
const apiRules: Rules<typeof apiSchema> = { ...workerRules, SERVICE_CREDENTIALS: strongSecrets };
const apiRulesAlways: Rules<typeof apiSchema> = { SERVICE_CREDENTIALS: credentialOf("users"), TLS_PEERS: knownPeers };

/** The environment variables that each role reads. */
export const usersApiSettings = Object.keys(apiSchema.shape);
export const usersWorkerSettings = Object.keys(workerSchema.shape);

export type UsersWorkerConfig = ReturnType<typeof readUsersWorkerConfig>;
export type UsersApiConfig = ReturnType<typeof readUsersApiConfig>;

/** @throws ConfigError that names everything missing or wrong. */
export const readUsersWorkerConfig = (env: NodeJS.ProcessEnv) =>
  commonConfig(parseConfig(workerSchema, env, { production: workerRules }));

/** @throws ConfigError that names everything missing or wrong. */
export function readUsersApiConfig(env: NodeJS.ProcessEnv) {
  const values = parseConfig(apiSchema, env, { always: apiRulesAlways, production: apiRules });
  return {
    ...commonConfig(values),
    grpcPort: values.USERS_GRPC_PORT,
    httpPort: values.USERS_HTTP_PORT,
    shutdownDelayMs: values.SHUTDOWN_DELAY,
    authGrpcTarget: values.AUTH_GRPC_TARGET,
    /** Where the keys of access tokens are; without it, auth is asked for them. */
    jwksUrl: values.JWKS_URL === undefined ? undefined : new URL(values.JWKS_URL),
    tokens: { issuer: values.TOKEN_ISSUER, audience: values.TOKEN_AUDIENCE },
    serviceCredentials: values.SERVICE_CREDENTIALS,
    tlsDirectory: values.TLS_DIR,
    tlsPeers: values.TLS_PEERS,
  };
}

const commonConfig = (values: z.output<typeof workerSchema>) => ({
  production: values.NODE_ENV === "production",
  logLevel: values.LOG_LEVEL,
  tracing: tracingConfig(values),
  host: values.HOST,
  managementPort: values.MANAGEMENT_PORT,
  databaseUrl: values.USERS_DATABASE_URL,
  amqpUrl: values.USERS_AMQP_URL ?? values.AMQP_URL ?? "amqp://guest:guest@127.0.0.1:5672",
  ...connectionConfig(values),
  answerSchedule: values.SAGA_ANSWER_TIMEOUTS,
});
