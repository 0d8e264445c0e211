import { Command } from "commander";
import { type LifeCycle, runLifeCycle } from "../deploy/local/life-cycle.ts";
import { type Result, table, toResult } from "./report.ts";
import { describeMachine, resultsFile, writeResults } from "./results-file.ts";
import { fullPace, quickPace, type Subject } from "./subject.ts";
import { createUserConsumed } from "./subjects/create-user-consumed.ts";
import { getUserGrpc } from "./subjects/get-user-grpc.ts";
import { login } from "./subjects/login.ts";
import { outboxRelay } from "./subjects/outbox-relay.ts";
import { register } from "./subjects/register.ts";
import { registrationBeyondHash } from "./subjects/registration-beyond-hash.ts";
import { validateTokenGrpc } from "./subjects/validate-token-grpc.ts";
import { startLimen } from "./system.ts";

const subjects: readonly Subject[] = [
  registrationBeyondHash,
  login,
  register,
  validateTokenGrpc,
  getUserGrpc,
  createUserConsumed,
  outboxRelay,
];

/** Nothing was measured: an interrupted run must not look like one that is complete. */
const interrupted = 130;

/** `npm run bench [-- --quick] [-- NAME…]`. Judges nothing: it ends with 0 when everything was measured. */
const program = new Command("bench")
  .description("what Limen does in a second, each figure beside the limit of this machine")
  .argument(
    "[names...]",
    `what to measure; everything when none is given: ${subjects.map(({ name }) => name).join(", ")}`,
  )
  .option("--quick", "shorter and rougher: at most 3 minutes")
  .action((names: string[], { quick }: { quick?: boolean }) => {
    const unknown = names.filter((name) => !subjects.some((subject) => subject.name === name));
    if (unknown.length > 0)
      program.error(`There is no subject named ${unknown.join(", ")}. See --help.`, { exitCode: 2 });
    const chosen = subjects.filter(({ name }) => names.length === 0 || names.includes(name));
    return runLifeCycle(async (life) => {
      try {
        return await run(life, chosen, quick === true);
      } catch (error) {
        if (life.signal.aborted) return interrupted;
        throw error;
      }
    });
  });

async function run(life: LifeCycle, chosen: readonly Subject[], isQuick: boolean): Promise<number> {
  const machine = describeMachine();
  console.log(`Starting Limen on ${machine.cores} cores (${machine.cpu}) …`);
  const limen = await startLimen(life);
  const bench = { limen, pace: isQuick ? quickPace : fullPace, signal: life.signal };
  const results: Result[] = [];
  for (const subject of chosen) {
    const begin = performance.now();
    results.push(toResult(subject, await subject.measure(bench)));
    life.signal.throwIfAborted();
    console.log(`✔ ${subject.name} ${((performance.now() - begin) / 1_000).toFixed(1)} s`);
  }
  await writeResults({ machine, pace: isQuick ? "quick" : "full", subjects: results });
  console.log(`\n${table(results)}\n\n${resultsFile} has all of it.`);
  return 0;
}

await program.parseAsync();
