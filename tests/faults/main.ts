import { randomInt } from "node:crypto";
import { Command, InvalidArgumentError } from "commander";
import { type LifeCycle, runLifeCycle } from "../../deploy/local/life-cycle.ts";
import { faults } from "./all-faults.ts";
import type { Fault } from "./fault.ts";
import { randomRun } from "./random-run.ts";
import { json, table } from "./report.ts";
import { createRun, type FaultResult } from "./run.ts";
import { startWorld } from "./world.ts";

interface Options {
  readonly registrations: number;
  readonly seed?: number;
  readonly fault?: readonly string[];
}

/** Nothing was shown: an interrupted run must not look like a good one. */
const interrupted = 130;

/** `npm run faults [-- --registrations N --seed S --fault NAME…]`. Ends with 1 when anything was lost, doubled or left. */
const program = new Command("faults")
  .description("breaks a Limen of its own in every way, and shows that nothing is lost and nothing happens twice")
  .option("--registrations <n>", "how many; the counts of faults go with it", wholeNumber, 10_000)
  .option("--seed <n>", "repeats the times and targets of an earlier run", wholeNumber)
  .option("--fault <names...>", `these instead of a random mixture: all, ${faults.map(({ name }) => name).join(", ")}`)
  .action((options: Options) => {
    const chosen = choose(options.fault);
    return runLifeCycle(async (life) => {
      try {
        return await run(life, chosen, { seed: randomInt(2 ** 31), ...options });
      } catch (error) {
        if (life.signal.aborted) return interrupted;
        throw error;
      }
    });
  });

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}

function choose(names: readonly string[] | undefined): readonly Fault[] {
  if (names === undefined) return [randomRun];
  const known = new Map([...faults, randomRun].map((fault) => [fault.name, fault]));
  return names.flatMap((name) => {
    if (name === "all") return faults;
    return known.get(name) ?? program.error(`There is no fault named ${name}. See --help.`, { exitCode: 2 });
  });
}

async function run(life: LifeCycle, chosen: readonly Fault[], options: Options & { seed: number }): Promise<number> {
  const begin = performance.now();
  console.log(`Seed ${options.seed}. Starting PostgreSQL, RabbitMQ and the five processes …`);
  const world = await startWorld();
  life.defer("the world", world.stop);
  const inject = createRun(world, { ...options, note: console.log });
  const results: FaultResult[] = [];
  const interruption = aborted(life.signal);
  for (const fault of chosen) {
    const result = await Promise.race([inject(fault), interruption]);
    results.push(result);
    const outcome = result.good ? "good" : `NOT GOOD${result.problem === null ? "" : ` (${result.problem})`}`;
    if (chosen.length > 1) console.log(`${fault.name}: ${outcome} after ${result.seconds} s`);
  }
  const isGood = results.every(({ good }) => good);
  if (!isGood) console.log(`What the processes said: ${world.keepLog()}`);
  const seconds = Math.round((performance.now() - begin) / 1_000);
  console.log(`\n${table(results)}\n\n${json(results, { seed: options.seed, seconds })}`);
  return isGood ? 0 : 1;
}

/** Rejects when the signal aborts: a fault may have minutes to go, and its world is about to end. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

await program.parseAsync();
