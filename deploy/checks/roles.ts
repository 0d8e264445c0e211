import { gatewaySettings, readGatewayConfig } from "../../gateway/config.ts";
import {
  authApiSettings,
  authWorkerSettings,
  readAuthApiConfig,
  readAuthWorkerConfig,
} from "../../services/auth/config.ts";
import { ConfigError } from "../../services/platform/config.ts";
import {
  readUsersApiConfig,
  readUsersWorkerConfig,
  usersApiSettings,
  usersWorkerSettings,
} from "../../services/users/config.ts";
import { migrateSettings, readMigrateSettings } from "../ops/migrate-command.ts";

/** What a container reads of its environment, and how. */
interface RoleSettings {
  readonly names: ReadonlySet<string>;
  /** @throws ConfigError */
  read(env: NodeJS.ProcessEnv): unknown;
}

const settings = (names: readonly string[], read: (env: NodeJS.ProcessEnv) => unknown): RoleSettings => ({
  names: new Set(names),
  read,
});

/** The long-running roles. */
export const roles: Readonly<Record<string, RoleSettings>> = {
  "users-api": settings(usersApiSettings, readUsersApiConfig),
  "users-worker": settings(usersWorkerSettings, readUsersWorkerConfig),
  "auth-api": settings(authApiSettings, readAuthApiConfig),
  "auth-worker": settings(authWorkerSettings, readAuthWorkerConfig),
  gateway: settings(gatewaySettings, readGatewayConfig),
};

/** The roles and the migration that precedes them. */
export const containers: Readonly<Record<string, RoleSettings>> = {
  ...roles,
  migrate: settings(migrateSettings, readMigrateSettings),
};

const readBySomebody = new Set(Object.values(containers).flatMap(({ names }) => [...names]));

/** Never a literal, never with a default. */
export const isSecret = (variable: string): boolean =>
  /(PASSWORD|CREDENTIALS|ENCRYPTION_KEY|ENCRYPTION_KEY_PREVIOUS|DATABASE_URL|AMQP_URL|SMTP_URL)$/.test(variable);

/** A plausible value for each secret, by which a configuration can be read where secrets are not known. */
export const sampleSecrets: Readonly<Record<string, string>> = {
  USERS_DATABASE_URL: "postgresql://limen_users:secret@postgres:5432/limen",
  AUTH_DATABASE_URL: "postgresql://limen_auth:secret@postgres:5432/limen",
  MIGRATIONS_DATABASE_URL: "postgresql://limen:secret@postgres:5432/limen",
  USERS_AMQP_URL: "amqp://limen-users:secret@rabbitmq:5672",
  AUTH_AMQP_URL: "amqp://limen-auth:secret@rabbitmq:5672",
  KEY_ENCRYPTION_KEY: Buffer.from(Array.from({ length: 32 }, (_, byte) => byte)).toString("base64"),
  SERVICE_CREDENTIALS: ["gateway", "users"].map((name) => `${name}=${"s".repeat(32)}`).join(),
  SMTP_URL: "smtps://limen:secret@mail.example.com:465",
};

/** Longest time, in seconds, that a role takes to finish its work after SIGTERM and SHUTDOWN_DELAY. */
export const drainSeconds = 20;

/**
 * What is wrong with a container's environment, as the container itself would find it: settings that are missing or
 * wrong, names that nobody reads, and secrets of somebody else. A service's database, broker user and keys reach that
 * service alone; a setting that is no secret may be shared.
 */
export function* environmentProblems(name: string, env: ReadonlyMap<string, string>): Generator<string> {
  const role = containers[name];
  if (role === undefined) return yield `${name}: is no role`;
  for (const variable of env.keys()) {
    if (!readBySomebody.has(variable)) yield `${name}: ${variable} is read by nobody`;
    else if (isSecret(variable) && !role.names.has(variable)) yield `${name}: ${variable} is none of its business`;
  }
  try {
    role.read(Object.fromEntries(env));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const [, problem] of error.message.matchAll(/^ {2}(.+)$/gm)) yield `${name}: ${problem}`;
  }
}
