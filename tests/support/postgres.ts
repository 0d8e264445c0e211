import { randomBytes } from "node:crypto";
import pg from "pg";

export interface TestDatabase {
  /** Superuser, like DATABASE_URL. */
  readonly url: string;
  /** Ends every connection to it. */
  drop(): Promise<void>;
}

/**
 * A new, empty database on the server at DATABASE_URL.
 * @throws Error when DATABASE_URL is unset: a suite without its server fails, it is never skipped.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = process.env.DATABASE_URL;
  if (!server) throw new Error("DATABASE_URL is not set: this suite needs PostgreSQL. `npm test` starts one.");
  const name = `test_${randomBytes(8).toString("hex")}`;
  await execute(server, `CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = name;
  return { url: url.href, drop: () => execute(server, `DROP DATABASE ${name} WITH (FORCE)`) };
}

async function execute(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    await client.query(statement);
  } finally {
    await client.end();
  }
}
