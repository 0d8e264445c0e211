import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inspect } from "node:util";
import fc from "fast-check";
import { type CallEnd, createClients } from "./client-log.ts";
import { countFinally, staleAccounts } from "./final-count.ts";
import { propertyRuns } from "./property-runs.ts";
import type { Outbox, Packet } from "./simulated-network.ts";
import { createSimulatedSystem, type DeliveryEnd, giveUpAfterMs, type SimulatedSystem } from "./simulated-system.ts";

describe("registration across both contexts", () => {
  it("loses, duplicates and orphans nobody, whatever the network and the crashes have done", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (steps) => {
        const told: string[] = [];
        try {
          await keepsItsPromise(steps, told);
        } catch (error) {
          throw new Error(`what happened:\n${told.join("\n")}`, { cause: error });
        }
      }),
      propertyRuns(1_500),
    );
  });
});

/** `told` gets a line for each step. */
async function keepsItsPromise(steps: readonly Step[], told: string[]): Promise<void> {
  const system = await createSimulatedSystem();
  const clients = createClients(system);
  for (const step of steps) told.push(onOneLine(step, await take(step, system, clients)));

  await system.heal();
  assert.deepEqual(await countFinally(system, clients.attempts()), nothing);
  if (!system.network.lost().some(isChange)) assert.deepEqual(await staleAccounts(system), []);
  await system.republish();
  assert.deepEqual(await countFinally(system, clients.attempts()), nothing);
  assert.deepEqual(await staleAccounts(system), []);
}

const onOneLine = (...values: unknown[]): string =>
  values.map((value) => inspect(value, { breakLength: Number.POSITIVE_INFINITY })).join(" → ");

/** News of a change that is lost is not asked for again: that takes an operator. */
const isChange = ({ message }: Packet): boolean => "version" in message && message.type !== "user-created";

const nothing = { lost: [], duplicated: [], orphaned: [], unexpected: [] };

/** `which` is one of the packets, or users, that there are: round and round. */
type Step =
  | {
      readonly do: "register";
      readonly email: string;
      readonly key: string;
      readonly end: CallEnd;
      /** Two calls at the same time. */
      readonly twice: boolean;
    }
  | { readonly do: "relay"; readonly from: Outbox; readonly which: number; readonly crashes: boolean }
  | { readonly do: "deliver"; readonly which: number; readonly end: DeliveryEnd }
  | { readonly do: "repeat" | "lose"; readonly which: number }
  | { readonly do: "lose all" | "settle down" }
  | { readonly do: "sweep"; readonly afterMs: number }
  | { readonly do: "suspend" | "reactivate" | "delete"; readonly which: number };

const which = fc.nat(7);
const often = <T>(usual: T, ...others: T[]) => fc.constantFrom(usual, usual, usual, ...others);

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant("register"),
        email: fc.constantFrom("grace@example.com", "alan@example.com"),
        key: fc.constantFrom("k1", "k2", "k3"),
        end: often<CallEnd>("answered", "answer lost", "crash before the commit"),
        twice: often(false, true),
      }),
    },
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant("relay"),
        from: fc.constantFrom<Outbox>("auth", "users"),
        which,
        crashes: often(false, true),
      }),
    },
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant("deliver"),
        which,
        end: often<DeliveryEnd>("acknowledged", "crash before the commit", "crash before the acknowledgement"),
      }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("repeat", "lose"), which }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("lose all", "settle down") }) },
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant("sweep"),
        afterMs: fc.constantFrom(0, 5_000, 60_000, giveUpAfterMs + 1, giveUpAfterMs + 1),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("suspend", "reactivate", "delete"), which }) },
  ),
  { maxLength: 50, size: "max" },
);

/** Does the step, and gives what it did it to. */
async function take(step: Step, system: SimulatedSystem, clients: ReturnType<typeof createClients>): Promise<unknown> {
  const { network } = system;
  switch (step.do) {
    case "register":
      return clients.register(step.email, `${step.key} of ${step.email}`, step.end, step.twice);
    case "relay":
      return network.relay(step.from, step.which, step.crashes);
    case "deliver":
      return system.deliver(step.which, step.end);
    case "repeat":
      return network.repeat(step.which);
    case "lose":
      return network.lose(step.which);
    case "lose all":
      return network.loseAll();
    case "settle down":
      return system.settleDown();
    case "sweep":
      return system.sweepAfter(step.afterMs);
    default: {
      const users = (await system.users()).filter(({ status }) => status !== "DELETED");
      const user = users[step.which % Math.max(users.length, 1)];
      return user && system.change(step.do, user);
    }
  }
}
