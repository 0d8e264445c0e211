import { somebody } from "../../support/client.ts";
import { outcomeOf } from "../client-log.ts";
import type { Fault } from "../fault.ts";
import { runLoad } from "../load.ts";
import { allFinished, count } from "./steps.ts";

export const sameEmail: Fault = {
  name: "F20",
  title: "50 registrations of one address at once",
  async inject({ world, log, scaled, measure }) {
    for (let round = scaled(20, 1); round > 0; round--) {
      const { email } = somebody();
      const wishes = Array.from({ length: 50 }, () => log.add({ ...somebody(), email }));
      await runLoad(wishes, { url: world.url, width: wishes.length });
      await allFinished(world, 30_000);
      const active = await count(world, "auth.accounts where email = $1 and status = 'ACTIVE'", [email]);
      measure("active accounts", active, { atLeast: 1, atMost: 1 });
      measure("acknowledged", wishes.filter((wish) => outcomeOf(wish) === "acknowledged").length, { atLeast: 1 });
    }
  },
};
