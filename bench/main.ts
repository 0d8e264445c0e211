import { Command } from "commander";
import { type LifeCycle, runLifeCycle } from "../deploy/local/life-cycle.ts";
import { studies } from "./catalogue.ts";
import { writeChart } from "./chart-file.ts";
import { fullPace, type Pace, quickPace } from "./pace.ts";
import { type Result, resultsOf, table } from "./report.ts";
import { describeMachine, latestResults, toResultsFile, writeResults } from "./results-file.ts";
import { startServers } from "./servers.ts";
import type { Study } from "./subject.ts";
import { startMainLimen } from "./system.ts";

interface Options {
  readonly quick?: boolean;
  readonly output: string;
}

/** Nothing was measured: an interrupted run must not look like one that is complete. */
const interrupted = 130;

/** `npm run bench [-- --quick] [-- NAME…]`. Judges nothing: it ends with 0 when everything was measured. */
const program = new Command("bench")
  .description("what Limen does in a second, each figure beside the limit of this machine")
  .argument(
    "[names...]",
    `what to measure; everything when none is given: ${studies.map(({ name }) => name).join(", ")}`,
  )
  .option("--quick", "shorter and rougher: at most 3 minutes, and no chart")
  .option("--output <file>", "where the results go", latestResults)
  .action((names: string[], options: Options) => {
    const unknown = names.filter((name) => !studies.some((study) => study.name === name));
    if (unknown.length > 0) program.error(`Nothing is named ${unknown.join(", ")}. See --help.`, { exitCode: 2 });
    const chosen = studies.filter(({ name }) => names.length === 0 || names.includes(name));
    return runLifeCycle(async (life) => {
      try {
        return await run(life, chosen, options);
      } catch (error) {
        if (life.signal.aborted) return interrupted;
        throw error;
      }
    });
  });

async function run(life: LifeCycle, chosen: readonly Study[], { quick = false, output }: Options): Promise<number> {
  const begin = performance.now();
  const pace = quick ? quickPace : fullPace;
  const machine = describeMachine(quick ? "quick" : "full");
  console.log(`Starting Limen on ${machine.cores} cores (${machine.cpu}) …`);
  const servers = await startServers(life);
  const limen = await startMainLimen(servers, life);
  const results = await measureAll(chosen, { servers, limen, pace, signal: life.signal });
  const file = await toResultsFile(machine, results);
  await writeResults(output, file);
  console.log(`\n${table(results)}\n\n${output} has these figures. It took ${minutesSince(begin)} minutes.`);
  // Of part of the figures, or of rough ones, there is nothing to show.
  if (!quick && chosen.length === studies.length) console.log(`${await writeChart(file)} shows them.`);
  return 0;
}

async function measureAll(
  chosen: readonly Study[],
  bench: Parameters<Study["measure"]>[0] & { readonly pace: Pace },
): Promise<Result[]> {
  const results: Result[] = [];
  for (const study of chosen) {
    const begin = performance.now();
    results.push(...resultsOf(study, await study.measure(bench)));
    bench.signal.throwIfAborted();
    console.log(`✔ ${study.name} ${((performance.now() - begin) / 1_000).toFixed(1)} s`);
  }
  return results;
}

const minutesSince = (begin: number): string => ((performance.now() - begin) / 60_000).toFixed(1);

await program.parseAsync();
