import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import type { Result } from "./report.ts";

export const latestResults = "bench/results/latest.json";

const entry = z.object({
  name: z.string(),
  /** In the unit of its goal. */
  value: z.number(),
  /** The least or the most that is aimed at: see the catalogue. */
  goal: z.number(),
  met: z.boolean(),
  /** A second. */
  rate: z.number().nullable(),
  limitRate: z.number().nullable(),
  p50Ms: z.number().nullable(),
  p99Ms: z.number().nullable(),
  cpuUsPerCall: z.number().nullable(),
  /** Lowest and highest of the rounds. */
  spread: z.tuple([z.number(), z.number()]),
});

const resultsFile = z.object({
  /** Figures of different machines are not to be compared; nor are those of one that was busy with something else. */
  machine: z.object({
    cpu: z.string(),
    cores: z.number(),
    memoryGiB: z.number(),
    node: z.string(),
    /** Processes that wanted to run in the minute before the run. */
    loadBefore: z.number(),
    /** "full" or "quick". */
    pace: z.string(),
  }),
  /** When the run had ended, in ISO 8601. */
  time: z.string(),
  commit: z.string(),
  subjects: z.array(entry),
});

export type ResultsFile = z.infer<typeof resultsFile>;
export type ResultEntry = z.infer<typeof entry>;
type Machine = ResultsFile["machine"];

export const describeMachine = (pace: string): Machine => ({
  cpu: cpus()[0]?.model.trim() ?? "unknown",
  cores: availableParallelism(),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  loadBefore: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  pace,
});

export const toResultsFile = async (machine: Machine, results: readonly Result[]): Promise<ResultsFile> => ({
  machine,
  time: new Date().toISOString(),
  commit: await currentCommit(),
  subjects: results.map(toEntry),
});

const toEntry = ({ name, value, goal, met, rate, limitRate, p50Ms, p99Ms, cpuUsPerCall, spread }: Result) => ({
  name,
  value,
  goal: goal.atLeast ?? goal.atMost ?? Number.NaN,
  met,
  rate,
  limitRate,
  p50Ms,
  p99Ms,
  cpuUsPerCall,
  spread: [...spread] as [number, number],
});

export async function writeResults(path: string, content: ResultsFile): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify(content, null, 2)}\n`);
}

/** @throws Error when the file holds something else. */
export async function readResults(path: string): Promise<ResultsFile> {
  const parsed = resultsFile.safeParse(JSON.parse(await readFile(path, "utf8")));
  if (!parsed.success) throw new Error(`${path} holds no results:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
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
