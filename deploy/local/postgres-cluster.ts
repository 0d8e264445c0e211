import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { lchown, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { nextFreePort } from "./ports.ts";
import { type Account, canReach, ownDirectory } from "./postgres-account.ts";
import { findPostgresPrograms, type PostgresPrograms } from "./postgres-programs.ts";
import { findPostmaster, removeMisleadingPidFile } from "./postmaster.ts";

/** An initialised database directory and what is needed to run a server on it. */
export interface Cluster {
  /** PostgreSQL's data directory. */
  readonly data: string;
  /** The server's log file, kept outside of its directory: root must not follow a link that another user put there. */
  readonly log: string;
  readonly password: string;
  readonly account: Account | undefined;
  readonly programs: PostgresPrograms;
}

export type ServerSettings = Readonly<Record<string, string>>;

/** Lean, and durable: nothing here may weaken the promise that what was acknowledged is kept. */
const leanSettings: ServerSettings = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  shared_buffers: "32MB",
  max_connections: "60",
  io_method: "sync",
  wal_level: "minimal",
  max_wal_senders: "0",
  max_logical_replication_workers: "0",
  max_parallel_workers: "0",
  autovacuum_max_workers: "1",
  min_wal_size: "32MB",
  max_wal_size: "256MB",
  log_checkpoints: "off",
};

/** The cluster under `DATA_DIR/postgres`; `initialise` makes the one that is missing. */
export async function openCluster(
  dataDir: string,
  log: (line: string) => void,
  initialise: (cluster: Cluster) => Promise<void> = initialiseCluster,
): Promise<Cluster> {
  const home = join(dataDir, "postgres");
  const account = await ownDirectory(home);
  const programs = await findPostgresPrograms(account, log);
  const password = await keptPassword(join(home, "password"), account);
  const cluster = { data: join(home, "data"), log: join(dataDir, "postgres.log"), password, account, programs };
  if (!existsSync(cluster.data)) await initialise(cluster);
  return cluster;
}

async function keptPassword(path: string, account: Account | undefined): Promise<string> {
  if (!existsSync(path)) {
    const file = await open(path, "wx", 0o600);
    await file.writeFile(`${randomBytes(24).toString("base64url")}\n`);
    await file.sync();
    if (account !== undefined) await file.chown(account.uid, account.gid);
    await file.close();
  }
  return (await readFile(path, "utf8")).trim();
}

/** Made beside its final place and moved there complete, so that an interrupted start leaves nothing half done. */
async function initialiseCluster(cluster: Cluster): Promise<void> {
  const draft = `${cluster.data}.new`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700 });
  if (cluster.account !== undefined) await lchown(draft, cluster.account.uid, cluster.account.gid);
  try {
    await promisify(execFile)(
      cluster.programs.initdb,
      [
        `--pgdata=${await directoryFor(cluster, draft)}`,
        "--username=postgres",
        "--pwfile=../password",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--no-instructions",
      ],
      { ...cluster.account, cwd: draft, env: programEnvironment() },
    );
  } catch (cause) {
    throw new Error(`The database could not be created: ${startProblem(cause)}`, { cause });
  }
  await rename(draft, cluster.data);
}

/** Resolves when the server has written its pid file, before it accepts connections. */
export async function launchServer(cluster: Cluster, settings: ServerSettings = {}): Promise<void> {
  const attempts = 3;
  for (let attempt = 1; ; attempt++) {
    await removeMisleadingPidFile(cluster.data);
    const child = await spawnServer(cluster, { ...leanSettings, ...settings });
    while (child.exitCode === null && child.signalCode === null) {
      if ((await findPostmaster(cluster.data)) !== undefined) return;
      await sleep(10);
    }
    // The port can be lost to another process, and the last children of a server that was killed take a moment to leave.
    if (attempt === attempts) throw new Error(`PostgreSQL does not start:\n${await lastLines(cluster.log)}`);
    await sleep(500);
  }
}

async function spawnServer(cluster: Cluster, settings: ServerSettings): Promise<ChildProcess> {
  const port = await nextFreePort(54_320);
  const parameters = Object.entries({ ...settings, port: String(port) });
  const log = await open(cluster.log, "w", 0o600);
  try {
    const child = spawn(
      cluster.programs.postgres,
      [
        "-D",
        await directoryFor(cluster, cluster.data),
        ...parameters.flatMap(([name, value]) => ["-c", `${name}=${value}`]),
      ],
      {
        ...cluster.account,
        cwd: cluster.data,
        env: programEnvironment(),
        detached: true,
        stdio: ["ignore", log.fd, log.fd],
      },
    );
    await once(child, "spawn");
    child.unref();
    return child;
  } catch (cause) {
    throw new Error(`PostgreSQL does not start: ${startProblem(cause)}`, { cause });
  } finally {
    await log.close();
  }
}

/**
 * The directory's name for a server that works in it. Where the account may not traverse the directories above, as below
 * /root, Linux still lets a process reach the directory it works in by this name.
 */
async function directoryFor(cluster: Cluster, directory: string): Promise<string> {
  if (cluster.account === undefined || (await canReach(cluster.account, directory))) return directory;
  if (process.platform === "linux") return "/proc/self/cwd";
  throw new Error(`${directory} cannot be reached by uid ${cluster.account.uid}, who runs PostgreSQL instead of root.`);
}

/** Nothing of ours: a PGPORT or a locale of the user's would change the server. */
const programEnvironment = () => ({ PATH: process.env.PATH, LC_ALL: "C", TZ: "UTC" });

function startProblem(error: unknown): string {
  const { code, stderr, path } = error as { code?: unknown; stderr?: string; path?: string };
  if (code === "ENOENT") return `${basename(path ?? "program")} cannot run on this system`;
  if (code === "EPERM") return "this user may not run a program as another user, and PostgreSQL refuses to run as root";
  return stderr?.trim() || String(error);
}

async function lastLines(path: string): Promise<string> {
  return (await readFile(path, "utf8")).trim().split("\n").slice(-5).join("\n");
}
