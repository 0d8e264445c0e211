import type { Fault, FaultContext } from "../fault.ts";
import { declared } from "../observe.ts";
import type { Variables } from "../world.ts";
import { allFinished, outboxEmpty, percentile, register, registerMeanwhile, restartAll } from "./steps.ts";

export const brokerKilled: Fault = {
  name: "F6",
  title: "the broker killed, and its data wiped",
  async inject(context) {
    const latencies: number[] = [];
    let drainedMs = 0;
    for (let round = context.scaled(10, 1); round > 0; round--) {
      const outage = await killed(context);
      latencies.push(...outage.latencies);
      drainedMs = Math.max(drainedMs, outage.drainedMs);
    }
    context.time("p99 of 202 without a broker", percentile(latencies, 0.99), 500);
    context.time("drained after its return", drainedMs, 30_000);
    for (let round = context.scaled(2, 1); round > 0; round--) await wiped(context);
  },
};

/** Registrations go on while it is away. Latencies are those of their first and only attempts. */
async function killed(context: FaultContext): Promise<{ latencies: number[]; drainedMs: number }> {
  const { world } = context;
  const load = registerMeanwhile(context, { waitSeconds: 0, width: 2 });
  await world.broker.kill();
  const during = await register(context, 40, { waitSeconds: 0, width: 2 });
  const attempts = during.flatMap(({ attempts }) => attempts);
  const refused = attempts.filter(({ status }) => status !== 202).length;
  context.measure("not accepted without a broker", refused, { atMost: 0 });
  await load.stop();
  await world.broker.restart();
  const drainedMs = await allFinished(world, 60_000);
  return { latencies: attempts.map(({ ms }) => ms), drainedMs };
}

async function wiped(context: FaultContext): Promise<void> {
  await wipeQueued(context, context.scaled(500, 20));
  context.time("finished after a wipe", await allFinished(context.world, 60_000));
}

/** Without workers, so that what is wiped are messages that were confirmed and that nobody has. */
export async function wipeQueued(
  { world, log }: Pick<FaultContext, "world" | "log">,
  count: number,
  env: Variables = {},
): Promise<void> {
  const workers = ["users-worker", "auth-worker"];
  await Promise.all(workers.map((worker) => world.roles.stop(worker)));
  await register({ world, log }, count, { waitSeconds: 0 });
  await outboxEmpty(world, "auth", 20_000);
  await world.broker.wipe();
  await restartAll(world, workers, env);
  await declared(world);
  await world.broker.syncToDisk();
}
