import type { Fault } from "../fault.ts";
import { killAt } from "./steps.ts";

const places = [
  "consumer.before_handle",
  "transaction.before_commit",
  "transaction.after_commit",
  "consumer.before_ack",
];

export const workerKilled: Fault = {
  name: "F3",
  title: "the workers killed before, in and after a transaction",
  async inject(context) {
    await killAt(context, ["users-worker", "auth-worker"], { places, every: 3, kills: context.scaled(50, 1) });
  },
};
