import { type ChildProcess, execFileSync } from "node:child_process";

/** By the title that each process has from its start, among the launcher's children. */
export function pidsOf(role: string, launcher: Pick<ChildProcess, "pid">): number[] {
  const processes = execFileSync("ps", ["-e", "-o", "pid=,ppid=,args="], { encoding: "utf8" });
  return processes
    .split("\n")
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*?)\s*$/.exec(line))
    .filter((match) => Number(match?.[2]) === launcher.pid && match?.[3] === `limen ${role}`)
    .map((match) => Number(match?.[1]));
}
