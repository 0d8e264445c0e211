/**
 * What each container is told, by either way of deploying: these variables and no others. A service's database, broker
 * user and keys reach that service alone.
 */

const everywhere = ["NODE_ENV", "LOG_LEVEL", "MANAGEMENT_PORT", "PUBLIC_URL", "TOKEN_ISSUER", "TOKEN_AUDIENCE"];
const users = [...everywhere, "USERS_DATABASE_URL", "USERS_AMQP_URL"];
const auth = [...everywhere, "AUTH_DATABASE_URL", "AUTH_AMQP_URL", "KEY_ENCRYPTION_KEY"];
const authRules = ["SHUTDOWN_DELAY", "REGISTRATION_MODE", "PASSWORD_MIN_LENGTH", "AUTH_GRPC_PORT", "AUTH_HTTP_PORT"];
const addresses = ["USERS_GRPC_TARGET", "AUTH_GRPC_TARGET", "JWKS_URL"];

/** What an operator may set, or leave as the service has it. */
const optional: Readonly<Record<string, RegExp>> = {
  "auth-api": /^(KEY_ENCRYPTION_KEY_PREVIOUS|BREACHED_PASSWORDS|THROTTLE_[A-Z_]+)$/,
  "auth-worker": /^KEY_ENCRYPTION_KEY_PREVIOUS$/,
};

/** The long-running roles. */
export const roles: Readonly<Record<string, readonly string[]>> = {
  "users-api": [...users, ...addresses, "USERS_GRPC_PORT", "USERS_HTTP_PORT", "SHUTDOWN_DELAY", "SERVICE_CREDENTIALS"],
  "users-worker": users,
  "auth-api": [...auth, ...authRules, "SERVICE_CREDENTIALS"],
  "auth-worker": [...auth, ...authRules, "SMTP_URL", "MAIL_FROM"],
  gateway: [...everywhere, ...addresses, "PORT", "SHUTDOWN_DELAY", "TRUSTED_HOPS", "SERVICE_CREDENTIALS"],
};

/** The roles and the migration that precedes them. */
export const containers: Readonly<Record<string, readonly string[]>> = {
  ...roles,
  migrate: [...everywhere, "MIGRATIONS_DATABASE_URL", "USERS_DATABASE_URL", "AUTH_DATABASE_URL"],
};

/** Never a literal, never with a default. */
export const isSecret = (variable: string): boolean =>
  /(PASSWORD|CREDENTIALS|ENCRYPTION_KEY|ENCRYPTION_KEY_PREVIOUS|DATABASE_URL|AMQP_URL|SMTP_URL)$/.test(variable);

/** Longest time, in seconds, that a role takes to finish its work after SIGTERM and SHUTDOWN_DELAY. */
export const drainSeconds = 20;

/** Variables that a container lacks, or has without a need. */
export function* differences(name: string, given: Iterable<string>): Generator<string> {
  const expected = new Set(containers[name]);
  const actual = new Set(given);
  for (const variable of expected) if (!actual.has(variable)) yield `${name}: ${variable} is not set`;
  const known = (variable: string) => expected.has(variable) || (optional[name]?.test(variable) ?? false);
  for (const variable of actual) if (!known(variable)) yield `${name}: ${variable} is none of its business`;
}
