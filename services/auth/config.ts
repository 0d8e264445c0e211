import { z } from "zod";
import {
  connectionConfig,
  connectionVariables,
  duration,
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

const keyEncryptionKey = z.base64().refine((key) => Buffer.from(key, "base64").length === 32, {
  message: "must be 32 bytes in base64: openssl rand -base64 32",
});

/** Comma-separated. Everything they sealed or signed still counts; nothing new is made with them. */
export const previousKeys = z
  .string()
  .default("")
  .transform((text) => text.split(",").filter((key) => key !== ""))
  .pipe(z.array(keyEncryptionKey))
  .transform((keys) => keys.map((key) => Buffer.from(key, "base64")));

const amqpUrl = z.url({ protocol: /^amqps?$/ }).optional();

/** RFC 5322, section 3.4, in its usual form. */
const mailFrom = /^(?:[^<>\r\n]+ <[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/;

const common = z.object({
  NODE_ENV: environment,
  LOG_LEVEL: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
  ...tracingVariables,
  HOST: z.string().default("0.0.0.0"),
  MANAGEMENT_PORT: port(9_090),
  AUTH_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  AUTH_AMQP_URL: amqpUrl,
  AMQP_URL: amqpUrl,
  ...connectionVariables,
  SAGA_ANSWER_TIMEOUTS: durations("5s,15s,60s,5m"),
  SAGA_GIVE_UP_AFTER: duration("24h"),
  KEY_ENCRYPTION_KEY: keyEncryptionKey,
  KEY_ENCRYPTION_KEY_PREVIOUS: previousKeys,
  PROOF_TTL: duration("30m"),
  INVITATION_TTL: duration("7d"),
  PUBLIC_URL: z.url({ protocol: /^https?$/ }).default("http://127.0.0.1:8080"),
});

const workerSchema = common.extend({
  SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
  MAIL_FROM: z.string().regex(mailFrom, 'must look like "Limen <no-reply@example.com>"').optional(),
  MAIL_GIVE_UP_AFTER: duration("24h"),
});

const apiSchema = common.extend({
  AUTH_GRPC_PORT: port(50_052),
  AUTH_HTTP_PORT: port(8_082),
  SHUTDOWN_DELAY: shutdownDelay,
  TOKEN_ISSUER: z.string().default("limen"),
  TOKEN_AUDIENCE: z.string().default("limen"),
  SERVICE_CREDENTIALS: serviceCredentials,
  TLS_DIR: tlsDirectory,
  TLS_PEERS: tlsPeers,
  REGISTRATION_MODE: z.enum(["open", "verified"]).default("open"),
  THROTTLE_FREE_FAILURES: z.coerce.number().int().min(1).max(10).default(5),
  THROTTLE_LEAST_DELAY: duration("1s"),
  THROTTLE_LONGEST_DELAY: duration("5m"),
  THROTTLE_FORGET_AFTER: duration("1h"),
  THROTTLE_KNOWN_NETWORK_FOR: duration("30d"),
  THROTTLE_AT_ONCE: z.coerce.number().int().min(1).max(100).default(20),
  THROTTLE_REFILL: duration("4s"),
  THROTTLE_NETWORK_FAILURES: z.coerce.number().int().min(100).default(1_000),
  THROTTLE_NETWORK_WINDOW: duration("15m"),
  THROTTLE_EVERYBODYS_ATTEMPTS: z.coerce.number().int().min(100).default(10_000),
  THROTTLE_NETWORK_SHARE: z.coerce.number().int().min(1).default(20),
  THROTTLE_MAILS_PER_ADDRESS: z.coerce.number().int().min(1).default(10),
  BREACHED_PASSWORDS: z.string().optional(),
  PASSWORD_MIN_LENGTH: z.coerce.number().int().min(8).max(64).default(15),
  ARGON2_MEMORY_KIB: z.coerce.number().int().min(8).max(65_536).default(19_456),
  ACCESS_TOKEN_TTL: duration("10m"),
  REFRESH_GRACE: duration("30s"),
  SESSION_IDLE_TTL: duration("7d"),
  SESSION_TTL: duration("30d"),
});

const bothRules = {
  AUTH_AMQP_URL: realBroker,
  KEY_ENCRYPTION_KEY(key: string) {
    // 32 bytes drawn by lot hold some 30 different ones.
    const variety = new Set(Buffer.from(key, "base64")).size;
    return variety < 16 ? "must be random: openssl rand -base64 32" : undefined;
  },
  PUBLIC_URL: (_: string, env: NodeJS.ProcessEnv) =>
    env.PUBLIC_URL ? undefined : "is required in production: links start with it",
};

const workerRules: Rules<typeof workerSchema> = {
  ...bothRules,
  SMTP_URL: (url) => (url === undefined ? "is required in production" : undefined),
  MAIL_FROM: (from) => (from === undefined ? "is required in production" : undefined),
};

const apiRules: Rules<typeof apiSchema> = {
  ...bothRules,
  SERVICE_CREDENTIALS: strongSecrets,
  ARGON2_MEMORY_KIB: (memory) => (memory < 19_456 ? "must be at least 19456 in production" : undefined),
};

/** The environment variables that each role reads. */
export const authApiSettings = Object.keys(apiSchema.shape);
export const authWorkerSettings = Object.keys(workerSchema.shape);

export type AuthWorkerConfig = ReturnType<typeof readAuthWorkerConfig>;
export type AuthApiConfig = ReturnType<typeof readAuthApiConfig>;

/** @throws ConfigError that names everything missing or wrong. */
export function readAuthWorkerConfig(env: NodeJS.ProcessEnv) {
  const values = parseConfig(workerSchema, env, { production: workerRules });
  return {
    ...commonConfig(values),
    mail: {
      publicUrl: values.PUBLIC_URL,
      smtpUrl: values.SMTP_URL,
      from: values.MAIL_FROM ?? "Limen <no-reply@localhost>",
      giveUpAfterMs: values.MAIL_GIVE_UP_AFTER,
    },
  };
}

/** @throws ConfigError that names everything missing or wrong. */
export function readAuthApiConfig(env: NodeJS.ProcessEnv) {
  const values = parseConfig(apiSchema, env, { always: { TLS_PEERS: knownPeers }, production: apiRules });
  return {
    ...commonConfig(values),
    grpcPort: values.AUTH_GRPC_PORT,
    httpPort: values.AUTH_HTTP_PORT,
    shutdownDelayMs: values.SHUTDOWN_DELAY,
    serviceCredentials: values.SERVICE_CREDENTIALS,
    tlsDirectory: values.TLS_DIR,
    tlsPeers: values.TLS_PEERS,
    registrationMode: values.REGISTRATION_MODE,
    /** Where the list of breached passwords is; without one, nothing is looked up. */
    breachedPasswords: values.BREACHED_PASSWORDS,
    passwordMinLength: values.PASSWORD_MIN_LENGTH,
    argon2MemoryKib: values.ARGON2_MEMORY_KIB,
    guessing: {
      freeFailures: values.THROTTLE_FREE_FAILURES,
      leastDelayMs: values.THROTTLE_LEAST_DELAY,
      longestDelayMs: values.THROTTLE_LONGEST_DELAY,
      forgetMs: values.THROTTLE_FORGET_AFTER,
      knownMs: values.THROTTLE_KNOWN_NETWORK_FOR,
      atOnce: values.THROTTLE_AT_ONCE,
      refillMs: values.THROTTLE_REFILL,
      networkFailures: values.THROTTLE_NETWORK_FAILURES,
      networkWindowMs: values.THROTTLE_NETWORK_WINDOW,
      everybodysAttempts: values.THROTTLE_EVERYBODYS_ATTEMPTS,
      networkShare: values.THROTTLE_NETWORK_SHARE,
      mailsPerAddress: values.THROTTLE_MAILS_PER_ADDRESS,
    },
    tokens: { issuer: values.TOKEN_ISSUER, audience: values.TOKEN_AUDIENCE, accessTtlMs: values.ACCESS_TOKEN_TTL },
    sessions: {
      refreshGraceMs: values.REFRESH_GRACE,
      idleTtlMs: values.SESSION_IDLE_TTL,
      absoluteTtlMs: values.SESSION_TTL,
    },
  };
}

const commonConfig = (values: z.output<typeof common>) => ({
  production: values.NODE_ENV === "production",
  logLevel: values.LOG_LEVEL,
  tracing: tracingConfig(values),
  host: values.HOST,
  managementPort: values.MANAGEMENT_PORT,
  databaseUrl: values.AUTH_DATABASE_URL,
  amqpUrl: values.AUTH_AMQP_URL ?? values.AMQP_URL ?? "amqp://guest:guest@127.0.0.1:5672",
  ...connectionConfig(values),
  /** Links start with it. */
  publicUrl: values.PUBLIC_URL,
  keyEncryptionKey: Buffer.from(values.KEY_ENCRYPTION_KEY, "base64"),
  previousKeyEncryptionKeys: values.KEY_ENCRYPTION_KEY_PREVIOUS,
  proofLifetimesMs: {
    RESET: values.PROOF_TTL,
    VERIFY_EMAIL: values.PROOF_TTL,
    INVITATION: values.INVITATION_TTL,
    CHANGE_EMAIL: values.PROOF_TTL,
    REGISTRATION: values.PROOF_TTL,
  },
  saga: {
    answerScheduleMs: values.SAGA_ANSWER_TIMEOUTS,
    giveUpAfterMs: values.SAGA_GIVE_UP_AFTER,
    /** For how long an idempotency key names its registration. */
    idempotencyMs: 86_400_000,
  },
});
