import type { Fault } from "../fault.ts";
import { killAt } from "./steps.ts";

export const apiKilled: Fault = {
  name: "F1",
  title: "auth api killed before and after a commit",
  async inject(context) {
    const kills = context.scaled(200, 1);
    for (const place of ["transaction.before_commit", "transaction.after_commit"]) {
      await killAt(context, ["auth-api"], { place, every: 5, kills });
    }
    await context.world.restart("auth-api");
    await context.world.ready();
  },
};
