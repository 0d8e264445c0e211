import { z } from "zod";
import { environment, parseConfig, port, serviceCredentials } from "../services/platform/config.ts";

const origin = z.string().refine((text) => text === "*" || URL.parse(text)?.origin === text, {
  message: 'must be origins such as "https://app.example.com", separated by commas',
});

const schema = z
  .object({
    NODE_ENV: environment,
    LOG_LEVEL: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
    HOST: z.string().default("0.0.0.0"),
    PORT: port(8_080),
    MANAGEMENT_PORT: port(9_090),
    USERS_GRPC_TARGET: z.string().default("127.0.0.1:50051"),
    AUTH_GRPC_TARGET: z.string().default("127.0.0.1:50052"),
    SERVICE_CREDENTIALS: serviceCredentials,
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
  })
  .superRefine((env, context) => {
    const refuse = (path: string, message: string): void => context.addIssue({ code: "custom", path: [path], message });
    const secret = env.SERVICE_CREDENTIALS.get("gateway");
    if (secret === undefined) refuse("SERVICE_CREDENTIALS", 'must have an entry named "gateway"');
    if (env.NODE_ENV !== "production") return;
    if (secret !== undefined && secret.length < 32) {
      refuse("SERVICE_CREDENTIALS", "the secret of gateway must have at least 32 characters");
    }
    if (env.CORS_ORIGINS.includes("*")) refuse("CORS_ORIGINS", "must name origins in production");
  });

export type GatewayConfig = ReturnType<typeof readGatewayConfig>;

/** @throws ConfigError that names everything missing or wrong. */
export function readGatewayConfig(env: NodeJS.ProcessEnv) {
  const values = parseConfig(schema, env);
  return {
    logLevel: values.LOG_LEVEL,
    host: values.HOST,
    port: values.PORT,
    managementPort: values.MANAGEMENT_PORT,
    usersTarget: values.USERS_GRPC_TARGET,
    authTarget: values.AUTH_GRPC_TARGET,
    /** "gateway:<secret>" */
    serviceCredential: `gateway:${values.SERVICE_CREDENTIALS.get("gateway")}`,
    trustedHops: values.TRUSTED_HOPS,
    corsOrigins: values.CORS_ORIGINS,
    publicUrl: values.PUBLIC_URL?.replace(/\/+$/, ""),
  } as const;
}
