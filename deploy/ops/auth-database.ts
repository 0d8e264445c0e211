import { findEmbeddedPostgres } from "../local/embedded-postgres.ts";

/**
 * Runs `work` with a URL of auth's database: the service's own, or that of a development superuser, or that of the
 * database that `npm start` keeps under DATA_DIR, running or not.
 */
export async function withAuthDatabase<T>(env: NodeJS.ProcessEnv, work: (url: string) => Promise<T>): Promise<T> {
  const given = env.AUTH_DATABASE_URL || env.DATABASE_URL;
  if (given !== undefined && given !== "") return work(given);
  const embedded = await findEmbeddedPostgres({
    dataDir: env.DATA_DIR || ".data",
    log: (line) => process.stderr.write(`${line}\n`),
  });
  try {
    return await work(embedded.url);
  } finally {
    await embedded.stop();
  }
}
