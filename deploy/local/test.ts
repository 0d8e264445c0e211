import { availableParallelism } from "node:os";
import { staticChecks } from "./checks.ts";
import { CommandFailed } from "./command.ts";
import { type LifeCycle, runLifeCycle } from "./life-cycle.ts";
import { runChecks, seconds } from "./run-checks.ts";
import { findTestFiles, isUnitTest } from "./test-files.ts";
import { runTestFiles } from "./test-runner.ts";
import { startTestPostgres, startTestRabbitMq, type TestServer } from "./test-servers.ts";

/**
 * `npm test [-- PART-OF-A-PATH…]`: static checks, then every test against real servers.
 * `npm run test:unit`: only what needs no server.
 */
await runLifeCycle(async (life) => {
  const [first, ...rest] = process.argv.slice(2);
  const isUnitOnly = first === "--unit";
  const filters = isUnitOnly || first === undefined ? rest : [first, ...rest];
  try {
    if (isUnitOnly) {
      await runUnitTests(findTestFiles(filters).filter(isUnitTest), life.signal);
    } else {
      await runEverything(findTestFiles(filters), life);
    }
    return 0;
  } catch (error) {
    if (life.signal.aborted) throw error;
    if (!(error instanceof CommandFailed)) throw error;
    console.error(`${error.output}\n${error.message}`);
    return 1;
  }
});

/** In as many processes as there are cores, each with its share of the files; all of them end, also when one fails. */
async function runUnitTests(files: string[], signal: AbortSignal): Promise<void> {
  const lanes = Math.min(availableParallelism(), files.length);
  const shards = Array.from({ length: lanes }, (_, lane) => `${lane + 1}/${lanes}`);
  const ends = await Promise.allSettled(
    shards.map((shard) => runTestFiles({ files, isolation: "none", timeoutMs: 10_000, shard, signal })),
  );
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}

async function runEverything(files: string[], life: LifeCycle): Promise<void> {
  const start = performance.now();
  const lanes = Math.max(2, availableParallelism());
  await runChecks(staticChecks, { signal: life.signal, lanes, print: console.log });

  const servers = await startServers(life);
  await runTestFiles({ files, isolation: "process", timeoutMs: 300_000, signal: life.signal, env: servers });
  console.log(`Everything passed in ${seconds(start)}.`);
}

/** Both at once; whatever started is stopped at the end, also when the other did not start. */
async function startServers(life: LifeCycle): Promise<NodeJS.ProcessEnv> {
  const [database, broker] = await Promise.allSettled([
    timed("PostgreSQL", startTestPostgres(console.log)),
    timed("RabbitMQ", startTestRabbitMq(process.env.AMQP_URL, console.log)),
  ]);
  const started: [string, PromiseSettledResult<TestServer>][] = [
    ["PostgreSQL", database],
    ["RabbitMQ", broker],
  ];
  for (const [name, server] of started) {
    if (server.status === "fulfilled") life.defer(name, server.value.stop);
  }
  if (database.status === "rejected") throw database.reason;
  if (broker.status === "rejected") throw broker.reason;
  return { DATABASE_URL: database.value.url, AMQP_URL: broker.value.url };
}

async function timed(name: string, starting: Promise<TestServer>): Promise<TestServer> {
  const start = performance.now();
  const server = await starting;
  console.log(`✔ ${name} is up ${seconds(start)}`);
  return server;
}
