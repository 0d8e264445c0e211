import { z } from "zod";
import {
  duration,
  durations,
  environment,
  type ProductionRules,
  parseConfig,
  port,
  realBroker,
  serviceCredentials,
  strongSecrets,
} from "../platform/config.ts";

const amqpUrl = z.url({ protocol: /^amqps?$/ }).optional();

const both = {
  NODE_ENV: environment,
  LOG_LEVEL: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
  HOST: z.string().default("0.0.0.0"),
  MANAGEMENT_PORT: port(9_090),
  AUTH_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  DATABASE_POOL_SIZE: z.coerce.number().int().min(2).max(100).default(10),
  AUTH_AMQP_URL: amqpUrl,
  AMQP_URL: amqpUrl,
  RETRY_DELAY: duration("5s"),
  SAGA_ANSWER_TIMEOUTS: durations("5s,15s,60s,5m"),
  SAGA_GIVE_UP_AFTER: duration("24h"),
};

const workerSchema = z.object(both);

const apiSchema = z.object({
  ...both,
  AUTH_GRPC_PORT: port(50_052),
  AUTH_HTTP_PORT: port(8_082),
  TOKEN_ISSUER: z.string().default("limen"),
  TOKEN_AUDIENCE: z.string().default("limen"),
  KEY_ENCRYPTION_KEY: z.base64().refine((key) => Buffer.from(key, "base64").length === 32, {
    message: "must be 32 bytes in base64: openssl rand -base64 32",
  }),
  SERVICE_CREDENTIALS: serviceCredentials,
  REGISTRATION_MODE: z.enum(["open"]).default("open"),
  PASSWORD_MIN_LENGTH: z.coerce.number().int().min(8).max(64).default(15),
  ARGON2_MEMORY_KIB: z.coerce.number().int().min(8).max(65_536).default(19_456),
  ACCESS_TOKEN_TTL: duration("10m"),
  REFRESH_GRACE: duration("30s"),
  SESSION_IDLE_TTL: duration("7d"),
  SESSION_TTL: duration("30d"),
});

const workerRules: ProductionRules<typeof workerSchema> = { AUTH_AMQP_URL: realBroker };

const apiRules: ProductionRules<typeof apiSchema> = {
  ...workerRules,
  SERVICE_CREDENTIALS: strongSecrets,
  ARGON2_MEMORY_KIB: (memory) => (memory < 19_456 ? "must be at least 19456 in production" : undefined),
  KEY_ENCRYPTION_KEY(key) {
    // 32 bytes drawn by lot hold some 30 different ones.
    const variety = new Set(Buffer.from(key, "base64")).size;
    return variety < 16 ? "must be random: openssl rand -base64 32" : undefined;
  },
};

export type AuthWorkerConfig = ReturnType<typeof readAuthWorkerConfig>;
export type AuthApiConfig = ReturnType<typeof readAuthApiConfig>;

/** @throws ConfigError that names everything missing or wrong. */
export const readAuthWorkerConfig = (env: NodeJS.ProcessEnv) =>
  commonConfig(parseConfig(workerSchema, env, workerRules));

/** @throws ConfigError that names everything missing or wrong. */
export function readAuthApiConfig(env: NodeJS.ProcessEnv) {
  const values = parseConfig(apiSchema, env, apiRules);
  return {
    ...commonConfig(values),
    grpcPort: values.AUTH_GRPC_PORT,
    httpPort: values.AUTH_HTTP_PORT,
    serviceCredentials: values.SERVICE_CREDENTIALS,
    passwordMinLength: values.PASSWORD_MIN_LENGTH,
    argon2MemoryKib: values.ARGON2_MEMORY_KIB,
    keyEncryptionKey: Buffer.from(values.KEY_ENCRYPTION_KEY, "base64"),
    tokens: { issuer: values.TOKEN_ISSUER, audience: values.TOKEN_AUDIENCE, accessTtlMs: values.ACCESS_TOKEN_TTL },
    sessions: {
      refreshGraceMs: values.REFRESH_GRACE,
      idleTtlMs: values.SESSION_IDLE_TTL,
      absoluteTtlMs: values.SESSION_TTL,
    },
  };
}

const commonConfig = (values: z.output<typeof workerSchema>) => ({
  production: values.NODE_ENV === "production",
  logLevel: values.LOG_LEVEL,
  host: values.HOST,
  managementPort: values.MANAGEMENT_PORT,
  databaseUrl: values.AUTH_DATABASE_URL,
  databasePoolSize: values.DATABASE_POOL_SIZE,
  amqpUrl: values.AUTH_AMQP_URL ?? values.AMQP_URL ?? "amqp://guest:guest@127.0.0.1:5672",
  retryDelayMs: values.RETRY_DELAY,
  saga: {
    answerScheduleMs: values.SAGA_ANSWER_TIMEOUTS,
    giveUpAfterMs: values.SAGA_GIVE_UP_AFTER,
    /** For how long an idempotency key names its registration. */
    idempotencyMs: 86_400_000,
  },
});
