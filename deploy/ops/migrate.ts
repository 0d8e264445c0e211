import { createHmac } from "node:crypto";
import pg from "pg";
import { authSchema } from "../../services/auth/infrastructure/migrations.ts";
import { migrateSchema, type ServiceSchema } from "../../services/platform/database/migrate.ts";
import { usersSchema } from "../../services/users/infrastructure/migrations.ts";

/** Where each service finds its database, as the role that may use its own schema and nothing else. */
export interface ServiceUrls {
  readonly usersUrl: string;
  readonly authUrl: string;
}

/**
 * Brings the database to the newest version: each service's schema, its role, and what that role may do. Safe to run
 * again, and by several at once. The roles' names and passwords are those of the two URLs.
 * @returns the names of the migrations that were made.
 */
export async function migrate(
  ownerUrl: string,
  { usersUrl, authUrl }: ServiceUrls,
  { mayResetPasswords = false } = {},
): Promise<string[]> {
  const owner = new pg.Client({ connectionString: ownerUrl, connectionTimeoutMillis: 10_000 });
  await owner.connect();
  try {
    await owner.query("select pg_advisory_lock(hashtext('limen.migrate'))");
    const done: string[] = [];
    for (const [service, url] of [
      [usersSchema, usersUrl],
      [authSchema, authUrl],
    ] as const) {
      await owner.query(`create schema if not exists ${service.schema}`);
      done.push(...(await migrateSchema(ownerUrl, service)));
      await grant(owner, service, await ensureRole(owner, url, mayResetPasswords));
    }
    return done;
  } finally {
    await owner.end();
  }
}

/**
 * Development: one superuser's URL is all there is, so the roles and their passwords are made from it. The same URL
 * always gives the same roles, so that several processes can be started against one database.
 */
export async function prepareDatabase({ databaseUrl }: { databaseUrl: string }): Promise<ServiceUrls> {
  const urls = { usersUrl: roleUrl(databaseUrl, "limen_users"), authUrl: roleUrl(databaseUrl, "limen_auth") };
  await migrate(databaseUrl, urls, { mayResetPasswords: true });
  return urls;
}

function roleUrl(databaseUrl: string, role: string): string {
  const url = new URL(databaseUrl);
  // Roles belong to the whole server: the password must depend neither on the database nor on today's address.
  const { username, password } = url;
  url.username = role;
  url.password = createHmac("sha256", `${username}:${password}`).update(role).digest("hex");
  return url.href;
}

async function grant(owner: pg.Client, { schema, appendOnly = [] }: ServiceSchema, role: string): Promise<void> {
  const restrictions = appendOnly.map((table) => `revoke update, delete on ${schema}.${table} from ${role};`);
  await owner.query(`
    grant usage on schema ${schema} to ${role};
    grant select, insert, update, delete on all tables in schema ${schema} to ${role};
    revoke insert, update, delete on ${schema}.migrations from ${role};
    ${restrictions.join("\n    ")}
    revoke create on schema public from public;`);
}

/** Makes the role that the URL names, unless somebody can log in with the URL already. */
async function ensureRole(owner: pg.Client, url: string, mayResetPassword: boolean): Promise<string> {
  const { username, password } = new URL(url);
  const role = pg.escapeIdentifier(decodeURIComponent(username));
  if (await canLogIn(url)) return role;
  const credentials = `${role} login password ${pg.escapeLiteral(decodeURIComponent(password))}`;
  try {
    await owner.query(`create role ${credentials}`);
  } catch (error) {
    // The role exists, or another database of this server is making it at this moment.
    const exists = error instanceof pg.DatabaseError && (error.code === "42710" || error.code === "23505");
    if (!exists) throw error;
    if (await canLogIn(url)) return role;
    if (!mayResetPassword) throw new Error(`role ${role} exists and cannot log in with its URL`, { cause: error });
    await owner.query(`alter role ${credentials}`);
  }
  return role;
}

async function canLogIn(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  try {
    await client.connect();
    return true;
  } catch (error) {
    // Class 28: no such role, or another password.
    if (error instanceof pg.DatabaseError && error.code?.startsWith("28")) return false;
    throw error;
  } finally {
    await client.end();
  }
}
