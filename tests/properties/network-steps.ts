import fc from "fast-check";
import type { Outbox } from "./simulated-network.ts";
import { type DeliveryEnd, giveUpAfterMs, type SimulatedSystem } from "./simulated-system.ts";

/**
 * What befalls a system, whatever is asked of it. `which` is one of the packets, or users, that there are: round and round.
 */
export type NetworkStep =
  | { readonly do: "relay"; readonly from: Outbox; readonly which: number; readonly crashes: boolean }
  | { readonly do: "deliver"; readonly which: number; readonly end: DeliveryEnd }
  | { readonly do: "repeat" | "lose"; readonly which: number }
  | { readonly do: "lose all" | "settle down" }
  | { readonly do: "sweep"; readonly afterMs: number }
  | { readonly do: "suspend" | "reactivate" | "delete"; readonly which: number };

export const which = fc.nat(7);
export const often = <T>(usual: T, ...others: T[]) => fc.constantFrom(usual, usual, usual, ...others);

/** Alternatives of `fc.oneof`. */
export const networkSteps: { readonly weight: number; readonly arbitrary: fc.Arbitrary<NetworkStep> }[] = [
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
];

/** Does the step, and gives what it did it to. */
export async function takeNetworkStep(step: NetworkStep, system: SimulatedSystem): Promise<unknown> {
  const { network } = system;
  switch (step.do) {
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
