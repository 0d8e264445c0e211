import { setTimeout as sleep } from "node:timers/promises";
import type { Fault } from "../fault.ts";
import { allFinished, register, restartAll } from "./steps.ts";

export const dependencyDown: Fault = {
  name: "F14",
  title: "the database out of a worker's reach",
  async inject(context) {
    const { world, scaled, measure, time } = context;
    // As patient as by default: here the messages wait, and asking again every few seconds for a minute only makes more.
    await restartAll(world, ["auth-api", "auth-worker"], { SAGA_ANSWER_TIMEOUTS: "5s,15s,60s,5m" });
    await world.ready();
    const link = world.link("users-worker", "database");
    const retried = () => world.metric("users-worker", "limen_messages_retried_total");
    const before = await retried();
    link.refuse();
    await register(context, scaled(1_000, 40), { waitSeconds: 0 });
    await sleep(scaled(60_000, 3_000));
    link.heal();
    time("recovered", await allFinished(world, 60_000), 5_000);
    measure("attempts burnt", (await retried()) - before, { atMost: 0 });
    await restartAll(world, ["auth-api", "auth-worker"]);
    await world.ready();
  },
};
