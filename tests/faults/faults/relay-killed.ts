import type { Fault, FaultContext } from "../fault.ts";
import { killAt, outboxEmpty, register } from "./steps.ts";

export const relayKilled: Fault = {
  name: "F2",
  title: "a relay killed after claim, publish and confirm",
  async inject(context) {
    const places = ["relay.after_claim", "relay.after_publish", "relay.after_confirm"];
    await killAt(context, ["auth-api"], { places, every: 3, kills: context.scaled(50, 1) });
    context.time("taken over by another relay", await takeOver(context), 1_000);
  },
};

/** The API dies with rows of the outbox in its hands; the worker has a relay, too. */
async function takeOver(context: FaultContext): Promise<number> {
  const { world } = context;
  await world.restart("auth-api", { FAILPOINTS: "relay.after_claim=kill9" }, {});
  await world.ready(["auth-api"]);
  const death = world.roles.death("auth-api");
  const answered = register(context, 1);
  await death;
  const ms = await outboxEmpty(world, "auth", 10_000);
  await answered;
  await world.ready();
  return ms;
}
