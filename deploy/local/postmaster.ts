import { execFile } from "node:child_process";
import { readFile, readlink, realpath, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

/** A PostgreSQL server as its `postmaster.pid` describes it. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  /** False while it starts, recovers or stops. */
  readonly isReady: boolean;
}

/** The server that runs on this data directory, if any: a file left by a dead one, even one whose pid lives on, is none. */
export async function findPostmaster(data: string): Promise<Postmaster | undefined> {
  const file = await readPidFile(data);
  if (file === undefined) return undefined;
  const postmaster = parsePidFile(file);
  return postmaster !== undefined && (await isPostmaster(postmaster.pid, data)) ? postmaster : undefined;
}

/** Lines 1, 4 and 8 of the file: process id, port, status (miscadmin.h, LOCK_FILE_LINE_*). Undefined while it is being written. */
export function parsePidFile(file: string): Postmaster | undefined {
  const lines = file.split("\n");
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  if (!(pid > 0)) return undefined;
  return { pid, port, isReady: port > 0 && lines[7]?.trim() === "ready" };
}

async function readPidFile(data: string): Promise<string | undefined> {
  try {
    return await readFile(join(data, "postmaster.pid"), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/**
 * Removes the pid file of a dead server when its process id belongs to somebody else by now (they start anew with every
 * boot and in every container), because PostgreSQL would believe it. Otherwise the file stays: by it PostgreSQL
 * finds out whether children of a server that was killed still write.
 */
export async function removeMisleadingPidFile(data: string): Promise<void> {
  const { pid } = parsePidFile((await readPidFile(data)) ?? "") ?? {};
  if (pid === undefined || !isAlive(pid) || (await isPostmaster(pid, data))) return;
  await rm(join(data, "postmaster.pid"), { force: true });
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    if ((error as NodeJS.ErrnoException).code === "EPERM") return true;
    throw error;
  }
}

/** A server works inside its data directory. */
async function isPostmaster(pid: number, data: string): Promise<boolean> {
  if (process.platform !== "linux") {
    const { stdout } = await promisify(execFile)("ps", ["-ax", "-o", "pid=,comm="]);
    return stdout.split("\n").some((line) => Number.parseInt(line, 10) === pid && line.includes("postgres"));
  }
  try {
    return (await readlink(`/proc/${pid}/cwd`)) === (await realpath(data));
  } catch (error) {
    if (["ENOENT", "ESRCH", "EACCES"].includes((error as NodeJS.ErrnoException).code ?? "")) return false;
    throw error;
  }
}

/** Fast shutdown (open transactions are rolled back); an immediate one, which the next start recovers from, when that takes 30 s. */
export async function stopPostmaster(pid: number, data: string): Promise<void> {
  for (const [signal, patienceMs] of [
    ["SIGINT", 30_000],
    ["SIGQUIT", 10_000],
  ] as const) {
    if (!(await isPostmaster(pid, data))) return;
    process.kill(pid, signal);
    for (const deadline = performance.now() + patienceMs; performance.now() < deadline; await sleep(10)) {
      if (!(await isPostmaster(pid, data))) return;
    }
  }
  throw new Error(`PostgreSQL (process ${pid}) does not stop.`);
}
