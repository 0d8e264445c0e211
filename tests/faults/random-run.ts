import { setTimeout as sleep } from "node:timers/promises";
import { somebody } from "../support/client.ts";
import type { ClientLog, Wish } from "./client-log.ts";
import type { Fault } from "./fault.ts";
import { runLoad } from "./load.ts";
import { declared } from "./observe.ts";
import { createRandom, type Random } from "./random.ts";
import { allRoles, type World } from "./world.ts";

/** How often each kind of fault happens during 10 000 registrations. */
const perTenThousand = { serviceKills: 110, networkCuts: 22, brokerKills: 10, databaseCrashes: 5, brokerWipes: 2 };

type Kind = keyof typeof perTenThousand;
type FaultCounts = Readonly<Record<Kind, number>>;

/** Each kind happens at least once. */
const faultsFor = (registrations: number): FaultCounts =>
  Object.fromEntries(
    Object.entries(perTenThousand).map(([kind, count]) => [
      kind,
      Math.max(1, Math.ceil((count * registrations) / 10_000)),
    ]),
  ) as FaultCounts;

/** Faults of one kind follow each other; those of different kinds happen at the same time. */
const lanes: readonly (readonly Kind[])[] = [
  ["serviceKills"],
  ["networkCuts"],
  ["databaseCrashes"],
  ["brokerKills", "brokerWipes"],
];

/**
 * Registrations under every kind of fault. The seed decides which fault comes after how many registrations, whom it hits
 * and for how long; the load waits where the faults cannot keep up, so that all of them happen under load.
 */
export const randomRun: Fault = {
  name: "random",
  title: "every kind of fault, at times and targets that the seed decides",
  async inject({ world, log, random, registrations, measure, note }) {
    const wishes = drawWishes(log, registrations, random);
    const faults = faultsFor(registrations);
    const progress = createProgress(Math.max(50, registrations / 50));
    const injections = lanes.map(async (kinds) => {
      const schedule = kinds
        .flatMap((kind) => Array.from({ length: faults[kind] }, () => ({ kind, at: random.next() * 0.96 + 0.02 })))
        .sort((one, other) => one.at - other.at);
      // A lane draws from numbers of its own, or the order of events would decide what the seed should.
      const own = createRandom(random.between(0, 2 ** 31));
      for (const { kind, at } of schedule) {
        const leave = await progress.reach(at * registrations);
        await inject[kind](world, own);
        leave();
      }
    });
    const begin = performance.now();
    let noted = begin;
    const load = runLoad(wishes, {
      url: world.url,
      width: 24,
      async done() {
        await progress.step();
        if (performance.now() - noted < 10_000) return;
        noted = performance.now();
        note(`${progress.count()} of ${registrations} registrations`);
      },
    });
    await Promise.all([load, ...injections]);
    for (const [kind, count] of Object.entries(faults)) measure(kind, count);
    measure("registrations/s", (registrations / (performance.now() - begin)) * 1_000);
    await world.ready();
    note("the faults are over");
  },
};

/** Every fiftieth wishes for an address that somebody before them wishes for, too. */
function drawWishes(log: ClientLog, count: number, random: Random): Wish[] {
  return Array.from({ length: count }, (_, index) => {
    const person = somebody();
    const earlier = index > 0 && index % 50 === 0 ? log.wishes[index - random.between(1, 8)] : undefined;
    return log.add(earlier === undefined ? person : { ...person, email: earlier.person.email });
  });
}

/** Who waits for a number of finished wishes, and wishes that wait for who is late. */
function createProgress(slack: number) {
  let count = 0;
  const waiting = new Set<{ readonly at: number; readonly wake: () => void }>();
  const behind = new Map<object, { readonly at: number; readonly over: Promise<void> }>();
  return {
    count: () => count,
    /** Resolves when so many are finished. Until the function that it resolves with is called, the load stays near. */
    async reach(at: number): Promise<() => void> {
      const over = Promise.withResolvers<void>();
      const key = {};
      behind.set(key, { at, over: over.promise });
      if (count < at) {
        await new Promise<void>((wake) => waiting.add({ at, wake }));
      }
      return () => {
        behind.delete(key);
        over.resolve();
      };
    },
    async step(): Promise<void> {
      count += 1;
      for (const waiter of waiting) {
        if (waiter.at > count) continue;
        waiting.delete(waiter);
        waiter.wake();
      }
      for (const { at, over } of behind.values()) if (count > at + slack) await over;
    },
  };
}

const inject: Readonly<Record<Kind, (world: World, random: Random) => Promise<void>>> = {
  async serviceKills({ roles }, random) {
    roles.kill(random.pick(allRoles));
    await sleep(random.between(0, 500));
  },
  async networkCuts({ links }, random) {
    const link = links.get(random.pick([...links.keys()]));
    const cut = random.pick(["reset", "refuse", "blackhole", "slow"] as const);
    if (cut === "slow") link?.slow({ latencyMs: random.between(5, 50), bandwidth: 200_000 });
    else link?.[cut]();
    await sleep(random.between(200, 6_000));
    link?.heal();
  },
  async databaseCrashes(world, random) {
    await world.database.crash();
    await sleep(random.between(0, 2_000));
    await world.restartDatabase();
    await sleep(random.between(0, 2_000));
  },
  async brokerKills({ broker }, random) {
    await broker.kill();
    await sleep(random.between(0, 2_000));
    await broker.restart();
  },
  async brokerWipes(world) {
    await world.broker.wipe();
    await declared(world);
    await world.broker.syncToDisk();
  },
};
