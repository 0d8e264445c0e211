import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inspect } from "node:util";
import fc from "fast-check";
import { type CallEnd, createClients } from "./client-log.ts";
import { countFinally, staleAccounts } from "./final-count.ts";
import { type NetworkStep, networkSteps, often, takeNetworkStep } from "./network-steps.ts";
import { propertyRuns } from "./property-runs.ts";
import type { Packet } from "./simulated-network.ts";
import { createSimulatedSystem, type SimulatedSystem } from "./simulated-system.ts";

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

type Step =
  | NetworkStep
  | {
      readonly do: "register";
      readonly email: string;
      readonly key: string;
      readonly end: CallEnd;
      /** Two calls at the same time. */
      readonly twice: boolean;
    };

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
    ...networkSteps,
  ) satisfies fc.Arbitrary<Step>,
  { maxLength: 50, size: "max" },
);

/** Does the step, and gives what it did it to. */
async function take(step: Step, system: SimulatedSystem, clients: ReturnType<typeof createClients>): Promise<unknown> {
  if (step.do !== "register") return takeNetworkStep(step, system);
  return clients.register(step.email, `${step.key} of ${step.email}`, step.end, step.twice);
}
