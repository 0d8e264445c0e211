import type { Fault } from "../fault.ts";
import { killAt } from "./steps.ts";

export const apiKilled: Fault = {
  name: "F1",
  title: "auth api killed before and after a commit",
  async inject(context) {
    const places = ["transaction.before_commit", "transaction.after_commit"];
    await killAt(context, ["auth-api"], { places, every: 5, kills: context.scaled(200, 1) });
  },
};
