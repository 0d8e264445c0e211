import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { dirname } from "node:path";
import { promisify } from "node:util";
import type { Result } from "./report.ts";

export const resultsFile = "bench/results/latest.json";

/** Figures of different machines are not to be compared; nor are those of one that was busy with something else. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly node: string;
  /** Processes that wanted to run in the minute before the run. */
  readonly loadBefore: number;
}

export const describeMachine = (): Machine => ({
  cpu: cpus()[0]?.model.trim() ?? "unknown",
  cores: availableParallelism(),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  loadBefore: Math.round((loadavg()[0] ?? 0) * 100) / 100,
});

export async function writeResults(run: {
  readonly machine: Machine;
  readonly pace: string;
  readonly subjects: readonly Result[];
}): Promise<void> {
  const { machine, ...rest } = run;
  const content = { machine, time: new Date().toISOString(), commit: await currentCommit(), ...rest };
  await mkdir(dirname(resultsFile), { recursive: true });
  await writeFile(resultsFile, `${JSON.stringify(content, null, 2)}\n`);
}

/** With "-dirty" when the files are not those of the commit; "unknown" outside a repository. */
async function currentCommit(): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)("git", ["describe", "--always", "--abbrev=40", "--dirty"]);
    return stdout.trim();
  } catch {
    return "unknown";
  }
}
