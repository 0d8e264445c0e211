import { setTimeout as sleep } from "node:timers/promises";
import type { Fault } from "../fault.ts";
import { allFinished, register } from "./steps.ts";

export const dependencyDown: Fault = {
  name: "F14",
  title: "the database out of a worker's reach",
  async inject(context) {
    const { world, scaled, measure, time } = context;
    const link = world.link("users-worker", "database");
    const retried = () => world.metric("users-worker", "limen_messages_retried_total");
    const before = await retried();
    link.refuse();
    await register(context, scaled(1_000, 40), { waitSeconds: 0 });
    await sleep(scaled(60_000, 3_000));
    link.heal();
    time("recovered", await allFinished(world, 60_000), 5_000);
    measure("attempts burnt", (await retried()) - before, { atMost: 0 });
  },
};
