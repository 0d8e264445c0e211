import { setTimeout as sleep } from "node:timers/promises";
import type { Fault, FaultContext } from "../fault.ts";
import { register, registerMeanwhile, until } from "./steps.ts";

export const brokerLink: Fault = {
  name: "F8",
  title: "a line to the broker reset, slowed down, and swallowed",
  async inject(context) {
    const { world, time, scaled, random } = context;
    const load = registerMeanwhile(context, { width: 2 });
    let slowest = 0;
    for (let round = scaled(40, 3); round > 0; round--) {
      slowest = Math.max(slowest, await reset(context, random.pick(["users-worker", "auth-worker"])));
    }
    time("reconnected after a reset", slowest, 2_000);

    const link = world.link("auth-worker", "broker");
    link.slow({ latencyMs: 100, bandwidth: 50_000 });
    await register(context, 4);
    link.heal();

    link.blackhole();
    const minute = sleep(scaled(60_000, 0));
    const noticed = await until("the line is given up", 60_000, async () => (await connections(context)) === 0);
    time("swallowed line noticed", noticed, 15_000);
    await minute;
    link.heal();
    const back = await until("both are back", 30_000, async () => (await connections(context)) === 2);
    time("reconnected after it was swallowed", back, 15_000);
    await world.ready(["auth-worker"]);
    await load.stop();
  },
};

/** Two lines, to publish and to consume. */
const connections = ({ world }: FaultContext) => world.metric("auth-worker", "limen_broker_connected");

async function reset({ world }: FaultContext, worker: string): Promise<number> {
  const link = world.link(worker, "broker");
  link.reset();
  await until("the loss is seen", 2_000, async () => (await world.metric(worker, "limen_broker_connected")) < 2);
  return await until("both are back", 10_000, async () => (await world.metric(worker, "limen_broker_connected")) === 2);
}
