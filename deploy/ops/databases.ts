import pg from "pg";
import { findEmbeddedPostgres } from "../local/embedded-postgres.ts";
import type { Context } from "./context.ts";
import { UsageError } from "./exit.ts";

export const services = ["users", "auth"] as const;
export type Service = (typeof services)[number];

/** A service's own tables, `<service>.outbox` and so on, through a connection that is the caller's alone. */
export interface ServiceDatabase {
  readonly service: Service;
  readonly client: pg.Client;
}

/**
 * Runs `work` with a URL for each of the services: its own, or that of a development superuser, or that of the database
 * that `npm start` keeps under DATA_DIR, running or not.
 * @throws UsageError when one service has a URL and another has none.
 */
export async function withDatabaseUrls<S extends Service, T>(
  { env, terminal }: Context,
  wanted: readonly S[],
  work: (urls: Readonly<Record<S, string>>) => Promise<T>,
): Promise<T> {
  const given = (service: Service): string => env[variables[service]] || env.DATABASE_URL || "";
  if (services.some((service) => given(service) !== "")) {
    const missing = wanted.filter((service) => given(service) === "").map((service) => variables[service]);
    if (missing.length > 0) throw new UsageError(`${missing.join(" and ")} must be set for this command.`);
    return await work(forEach(wanted, given));
  }
  return withEmbeddedUrl({ env, terminal }, (url) => work(forEach(wanted, () => url)));
}

async function withEmbeddedUrl<T>({ env, terminal }: Context, work: (url: string) => Promise<T>): Promise<T> {
  const embedded = await findEmbeddedPostgres({ dataDir: env.DATA_DIR || ".data", log: terminal.note });
  try {
    return await work(embedded.url);
  } finally {
    await embedded.stop();
  }
}

/** The same, connected. */
export function withDatabases<S extends Service, T>(
  context: Context,
  wanted: readonly S[],
  work: (databases: Readonly<Record<S, ServiceDatabase>>) => Promise<T>,
): Promise<T> {
  return withDatabaseUrls(context, wanted, async (urls) => {
    const databases = forEach(wanted, (service) => ({ service, client: newClient(urls[service]) }));
    try {
      for (const service of wanted) await databases[service].client.connect();
      return await work(databases);
    } finally {
      for (const service of wanted) await databases[service].client.end();
    }
  });
}

/**
 * Runs `work` with the URL of who owns the schemas, for what a service's own role may not do.
 * @throws UsageError where there is none but the services' own.
 */
export async function withOwnerUrl<T>({ env, terminal }: Context, work: (url: string) => Promise<T>): Promise<T> {
  const given = env.MIGRATIONS_DATABASE_URL || env.DATABASE_URL || "";
  if (given !== "") return await work(given);
  if (services.some((service) => env[variables[service]])) {
    throw new UsageError("MIGRATIONS_DATABASE_URL must be set for this command: the owner of the schemas.");
  }
  return withEmbeddedUrl({ env, terminal }, work);
}

/** One transaction, kept when `work` resolves. A rejection ends the command, and the connection's end rolls back. */
export async function inTransaction<T>(client: pg.Client, work: () => Promise<T>): Promise<T> {
  await client.query("begin");
  const result = await work();
  await client.query("commit");
  return result;
}

const variables: Record<Service, string> = { users: "USERS_DATABASE_URL", auth: "AUTH_DATABASE_URL" };

function newClient(connectionString: string): pg.Client {
  const client = new pg.Client({
    connectionString,
    application_name: "limen ops",
    connectionTimeoutMillis: 10_000,
    statement_timeout: 60_000,
    keepAlive: true,
  });
  // A connection that is lost between two statements: the next one rejects, and that is where it is told.
  client.on("error", () => undefined);
  return client;
}

const forEach = <S extends Service, V>(wanted: readonly S[], value: (service: S) => V): Record<S, V> =>
  Object.fromEntries(wanted.map((service) => [service, value(service)])) as Record<S, V>;
