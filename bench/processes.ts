import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { sleep } from "../services/platform/timing.ts";

/** The kernel's unit of CPU time in /proc, the same on every Linux that Node runs on. */
const ticksPerSecond = 100;

/** CPU time that the processes have used so far, all their threads together. Null where there is no /proc. */
export async function cpuSeconds(pids: readonly number[]): Promise<number | null> {
  if (process.platform !== "linux") return null;
  const ticks = await Promise.all(pids.map(async (pid) => cpuTicks(await readFile(`/proc/${pid}/stat`, "utf8"))));
  return ticks.reduce((sum, each) => sum + each, 0) / ticksPerSecond;
}

/** utime + stime of proc_pid_stat(5). The name in the second field may contain spaces and parentheses. */
export function cpuTicks(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

/** Resident memory of each process, in megabytes, in the order of the ids. */
export async function residentMb(pids: readonly number[]): Promise<number[]> {
  const { stdout } = await promisify(execFile)("ps", ["-o", "pid=,rss=", "-p", pids.join(",")]);
  const kib = new Map(stdout.split("\n").map((line) => line.trim().split(/\s+/).map(Number) as [number, number]));
  return pids.map((pid) => {
    const resident = kib.get(pid);
    if (resident === undefined) throw new Error(`process ${pid} has ended`);
    return (resident * 1_024) / 1e6;
  });
}

const everyMs = 500;

/** Each process's resident memory twice a second, and at least once, until `work` has ended. */
export async function watchMemory<T>(
  pids: readonly number[],
  work: Promise<T>,
): Promise<{ readonly result: T; readonly samples: readonly number[][] }> {
  const samples: number[][] = [];
  const ended = new AbortController();
  const watch = async (): Promise<void> => {
    do {
      samples.push(await residentMb(pids));
      await sleep(everyMs, ended.signal);
    } while (!ended.signal.aborted);
  };
  const [result] = await Promise.all([work.finally(() => ended.abort()), watch()]);
  return { result, samples };
}
