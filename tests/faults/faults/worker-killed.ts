import type { Fault } from "../fault.ts";
import { killAt, restartAll } from "./steps.ts";

const places = [
  "consumer.before_handle",
  "transaction.before_commit",
  "transaction.after_commit",
  "consumer.before_ack",
] as const;

export const workerKilled: Fault = {
  name: "F3",
  title: "the workers killed before, in and after a transaction",
  async inject(context) {
    const workers = ["users-worker", "auth-worker"];
    const kills = context.scaled(100, 2);
    for (const place of places) await killAt(context, workers, { place, every: 7, kills });
    await restartAll(context.world, workers);
    await context.world.ready();
  },
};
