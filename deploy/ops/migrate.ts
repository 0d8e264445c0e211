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
export async function migrate(ownerUrl: string, { usersUrl, authUrl }: ServiceUrls): Promise<string[]> {
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
      await grant(owner, service, new URL(url));
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
  await migrate(databaseUrl, urls);
  return urls;
}

function roleUrl(databaseUrl: string, role: string): string {
  const url = new URL(databaseUrl);
  // Roles belong to the whole server: the password must depend neither on the database's name nor on today's port.
  const { username, password, hostname } = url;
  url.username = role;
  url.password = createHmac("sha256", `${username}:${password}@${hostname}`).update(role).digest("hex");
  return url.href;
}

/** Makes the role with the URL's name and password, or gives it that password, and lets it use its schema. */
async function grant(owner: pg.Client, { schema }: ServiceSchema, url: URL): Promise<void> {
  const role = pg.escapeIdentifier(decodeURIComponent(url.username));
  const password = pg.escapeLiteral(decodeURIComponent(url.password));
  try {
    await owner.query(`create role ${role} login password ${password}`);
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    await owner.query(`alter role ${role} password ${password}`);
  }
  await owner.query(`
    grant usage on schema ${schema} to ${role};
    grant select, insert, update, delete on all tables in schema ${schema} to ${role};
    revoke insert, update, delete on ${schema}.migrations from ${role};
    revoke create on schema public from public;`);
}

/** The role exists, or another database of this server is making it at this moment. */
const isDuplicate = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && (error.code === "42710" || error.code === "23505");
