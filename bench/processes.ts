import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

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

/** Ids of a process's children by their title, e.g. "limen gateway". */
export async function childrenOf(parent: number): Promise<ReadonlyMap<string, number>> {
  const { stdout } = await promisify(execFile)("ps", ["-e", "-o", "pid=,ppid=,args="]);
  const children = new Map<string, number>();
  for (const line of stdout.split("\n")) {
    const [, pid, ppid, title] = /^\s*(\d+)\s+(\d+)\s+(.*?)\s*$/.exec(line) ?? [];
    if (title !== undefined && Number(ppid) === parent) children.set(title, Number(pid));
  }
  return children;
}
