import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { runShown } from "./command.ts";

export interface TestRun {
  readonly files: readonly string[];
  /** A process for each file, or one for all, which is several times faster and enough where no test leaves anything behind. */
  readonly isolation: "process" | "none";
  /** For one test, and for one file. */
  readonly timeoutMs: number;
  /** Which part of the files, as "1/2". */
  readonly shard?: string;
  readonly signal: AbortSignal;
  readonly env?: NodeJS.ProcessEnv;
}

/** @throws CommandFailed when a test fails; what happened is on the terminal by then. */
export async function runTestFiles({ files, isolation, timeoutMs, shard, signal, env = {} }: TestRun): Promise<void> {
  const reporter = fileURLToPath(import.meta.resolve("./test-reporter.ts"));
  const options = [
    "--test",
    `--test-isolation=${isolation}`,
    `--test-reporter=${reporter}`,
    "--test-reporter-destination=stdout",
    // A test that waits for ever fails by its name.
    `--test-timeout=${timeoutMs}`,
  ];
  if (shard !== undefined) options.push(`--test-shard=${shard}`);
  if (isolation === "process") options.push(`--test-concurrency=${Math.max(2, availableParallelism())}`);
  await runShown(process.execPath, ["--import", "tsx", ...options, ...files], {
    signal,
    env: { ...process.env, ...env },
  });
}
