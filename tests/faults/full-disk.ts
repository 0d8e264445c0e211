import { rename, symlink } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import type { FaultDatabase } from "./database.ts";

/**
 * Gives an empty table a full disk of its own: its file becomes a link to /dev/full, where every write fails with ENOSPC.
 * PostgreSQL finds out as it would on any other disk, when the table needs its next page, and says 53100. Unlike a small
 * file system this needs no privileges, and it fills up one table and not the log of transactions, without which
 * PostgreSQL would not run at all.
 * @returns what gives the table an ordinary file again.
 */
export async function fillDisk(database: FaultDatabase, table: string): Promise<() => Promise<void>> {
  await withEmptyTable(database, table, async (file) => {
    await rename(file, `${file}.empty`);
    await symlink("/dev/full", file);
  });
  return () => withEmptyTable(database, table, async () => undefined);
}

/** Runs `work` with the path of the table's new and empty file, which nobody else opens before `work` has ended. */
async function withEmptyTable(
  database: FaultDatabase,
  table: string,
  work: (file: string) => Promise<void>,
): Promise<void> {
  const client = new pg.Client({ connectionString: database.url() });
  client.on("error", () => undefined);
  await client.connect();
  try {
    for (;;) {
      await client.query(`begin; lock table ${table} in access exclusive mode`);
      const { rowCount } = await client.query(`select from ${table} limit 1`);
      if (rowCount === 0) break;
      await client.query("rollback");
      await sleep(20);
    }
    await client.query(`truncate ${table}`);
    // The link cannot be flushed, so nothing that a checkpoint would flush may be left of the file's creation.
    await client.query("checkpoint");
    const { rows } = await client.query<{ path: string }>("select pg_relation_filepath($1) as path", [table]);
    await work(join(database.directory, rows[0]?.path ?? ""));
    await client.query("commit");
  } finally {
    await client.end();
  }
}
