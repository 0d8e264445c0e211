import { setTimeout as sleep } from "node:timers/promises";
import { somebody } from "../../support/client.ts";
import type { Wish } from "../client-log.ts";
import type { FaultContext } from "../fault.ts";
import { type LoadOptions, runLoad } from "../load.ts";
import type { Variables, World } from "../world.ts";

type Load = Partial<LoadOptions> & {
  /** This fault makes Limen give the registrations up. */
  readonly mayFail?: boolean;
};

/** People who wish to register, and have their answers when this resolves. */
export async function register(
  { world, log }: Pick<FaultContext, "world" | "log">,
  count: number,
  { mayFail = false, ...options }: Load = {},
): Promise<Wish[]> {
  const wishes = Array.from({ length: count }, () => log.add(somebody(), { mayFail }));
  await runLoad(wishes, { width: 8, url: world.url, ...options });
  return wishes;
}

/** The ids of what was acknowledged. */
export const registered = (wishes: readonly Wish[]): string[] =>
  wishes.flatMap(({ attempts }) => attempts.flatMap(({ registrationId }) => registrationId ?? []));

/** The same people over and over, until told to stop. */
export function registerMeanwhile(context: Pick<FaultContext, "world" | "log" | "over">, options: Load = {}) {
  let isOver = false;
  const wishes: Wish[] = [];
  const lanes = Array.from({ length: options.width ?? 4 }, async () => {
    while (!isOver && !context.over.aborted) wishes.push(...(await register(context, 1, { ...options, width: 1 })));
  });
  return {
    /** Resolves with all of them when the last has its answer. */
    async stop(): Promise<Wish[]> {
      isOver = true;
      await Promise.all(lanes);
      return wishes;
    },
  };
}

/**
 * Resolves with the milliseconds until the condition holds. A question that fails is asked again.
 * @throws Error when it does not hold within `withinMs`.
 */
export async function until(what: string, withinMs: number, holds: () => Promise<boolean>): Promise<number> {
  const begin = performance.now();
  let problem: unknown = "it does not hold";
  while (performance.now() - begin < withinMs) {
    try {
      if (await holds()) return performance.now() - begin;
    } catch (error) {
      problem = error;
    }
    await sleep(20);
  }
  throw new Error(`not within ${withinMs} ms: ${what}`, { cause: problem });
}

export async function count(world: World, from: string, values: unknown[] = []): Promise<number> {
  const [row] = await world.database.query<{ count: number }>(`select count(*)::int as count from ${from}`, values);
  return row?.count ?? 0;
}

const isOpen = "state not in ('COMPLETED', 'REJECTED', 'FAILED')";

/** Milliseconds until every registration has its end. */
export const allFinished = (world: World, withinMs: number): Promise<number> =>
  until("every registration is finished", withinMs, async () => {
    return (await count(world, `auth.registrations where ${isOpen}`)) === 0;
  });

export const outboxEmpty = (world: World, schema: "users" | "auth", withinMs: number): Promise<number> =>
  until(`nothing waits in ${schema}.outbox`, withinMs, async () => (await count(world, `${schema}.outbox`)) === 0);

/** The nearest-rank percentile; 0 of nothing. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}

/** Runs load until each instance was killed so often at each of the places, one after the other. Then none is armed. */
export async function killAt(
  context: FaultContext,
  instances: readonly string[],
  { places, every, kills }: { readonly places: readonly string[]; readonly every: number; readonly kills: number },
): Promise<void> {
  const { world, measure } = context;
  const armed = places.flatMap((place) => Array<Variables>(kills).fill({ FAILPOINTS: `${place}=kill9@${every}` }));
  const before = new Map(instances.map((name) => [name, world.roles.kills(name)]));
  const killed = (name: string) => world.roles.kills(name) - (before.get(name) ?? 0);
  await Promise.all(instances.map((name) => world.restart(name, ...armed, {})));
  const deadline = performance.now() + 60_000 + armed.length * 20_000;
  while (instances.some((name) => killed(name) < armed.length)) {
    if (performance.now() > deadline) throw new Error(`${instances} survive at ${places}`);
    await register(context, 8);
  }
  for (const name of instances) measure(`kills of ${name}`, killed(name), { atLeast: armed.length });
  await world.ready();
}

export async function restartAll(world: World, instances: readonly string[], env: Variables = {}): Promise<void> {
  await Promise.all(instances.map((name) => world.restart(name, env)));
}
