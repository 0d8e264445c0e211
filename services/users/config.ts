import { z } from "zod";
import { duration, environment, parseConfig, port, serviceCredentials } from "../platform/config.ts";

const amqpUrl = z.url({ protocol: /^amqps?$/ }).optional();

const both = {
  NODE_ENV: environment,
  LOG_LEVEL: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
  HOST: z.string().default("0.0.0.0"),
  MANAGEMENT_PORT: port(9_090),
  USERS_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  DATABASE_POOL_SIZE: z.coerce.number().int().min(2).max(100).default(10),
  USERS_AMQP_URL: amqpUrl,
  AMQP_URL: amqpUrl,
  RETRY_DELAY: duration("5s"),
};

const api = {
  ...both,
  USERS_GRPC_PORT: port(50_051),
  USERS_HTTP_PORT: port(8_081),
  AUTH_GRPC_TARGET: z.string(),
  JWKS_URL: z.url({ protocol: /^https?$/ }),
  TOKEN_ISSUER: z.string().default("limen"),
  TOKEN_AUDIENCE: z.string().default("limen"),
  SERVICE_CREDENTIALS: serviceCredentials.refine((secrets) => secrets.has("users"), {
    message: "must name users, as which this service calls auth",
  }),
};

const apiSchema = z.object(api).superRefine((env, context) => {
  refuseInProduction(env, context);
  if (env.NODE_ENV !== "production") return;
  const refuse = refusal(context, "SERVICE_CREDENTIALS");
  for (const [name, secret] of env.SERVICE_CREDENTIALS) {
    if (secret.length < 32) refuse(`the secret of ${name} must have at least 32 characters`);
  }
});

const workerSchema = z.object(both).superRefine(refuseInProduction);

export type UsersWorkerConfig = ReturnType<typeof readUsersWorkerConfig>;
export type UsersApiConfig = ReturnType<typeof readUsersApiConfig>;

/** @throws ConfigError that names everything missing or wrong. */
export const readUsersWorkerConfig = (env: NodeJS.ProcessEnv) => commonConfig(parseConfig(workerSchema, env));

/** @throws ConfigError that names everything missing or wrong. */
export function readUsersApiConfig(env: NodeJS.ProcessEnv) {
  const values = parseConfig(apiSchema, env);
  return {
    ...commonConfig(values),
    grpcPort: values.USERS_GRPC_PORT,
    httpPort: values.USERS_HTTP_PORT,
    authGrpcTarget: values.AUTH_GRPC_TARGET,
    jwksUrl: new URL(values.JWKS_URL),
    tokens: { issuer: values.TOKEN_ISSUER, audience: values.TOKEN_AUDIENCE },
    serviceCredentials: values.SERVICE_CREDENTIALS,
  };
}

const commonConfig = (values: z.output<typeof workerSchema>) => ({
  production: values.NODE_ENV === "production",
  logLevel: values.LOG_LEVEL,
  host: values.HOST,
  managementPort: values.MANAGEMENT_PORT,
  databaseUrl: values.USERS_DATABASE_URL,
  databasePoolSize: values.DATABASE_POOL_SIZE,
  amqpUrl: values.USERS_AMQP_URL ?? values.AMQP_URL ?? "amqp://guest:guest@127.0.0.1:5672",
  retryDelayMs: values.RETRY_DELAY,
});

type Both = z.output<z.ZodObject<typeof both>>;

function refuseInProduction(env: Both, context: z.RefinementCtx): void {
  if (env.NODE_ENV !== "production") return;
  const refuse = refusal(context, "USERS_AMQP_URL");
  const url = env.USERS_AMQP_URL ?? env.AMQP_URL;
  if (url === undefined) refuse("is required in production");
  else if (new URL(url).username === "guest") refuse("must not use guest in production");
}

const refusal =
  (context: z.RefinementCtx, variable: string) =>
  (message: string): void =>
    context.addIssue({ code: "custom", path: [variable], message });
