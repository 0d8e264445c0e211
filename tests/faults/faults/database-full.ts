import { setTimeout as sleep } from "node:timers/promises";
import { outcomeOf } from "../client-log.ts";
import type { Fault } from "../fault.ts";
import { allFinished, registerMeanwhile } from "./steps.ts";

/** Raised when the transaction commits, which is when it is easiest to overlook. */
export const databaseFull: Fault = {
  name: "F17",
  title: "PostgreSQL is out of disk (53100)",
  async inject(context) {
    const { world, measure } = context;
    await world.database.query(`
      create function faults.no_space() returns trigger language plpgsql as $$
        begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$`);
    const tables = ["auth.registrations", "users.users"];
    for (const table of tables) {
      await world.database.query(`
        create constraint trigger no_space after insert on ${table} deferrable initially deferred
        for each row execute function faults.no_space()`);
    }
    const earlier = context.log.wishes.length;
    const load = registerMeanwhile(context, { width: 4 });
    await sleep(2_000);
    const wishes = context.log.wishes.slice(earlier);
    const attempts = wishes.flatMap(({ attempts }) => attempts);
    measure("attempts while it is full", attempts.length, { atLeast: 4 });
    measure("false 2xx", wishes.filter((wish) => outcomeOf(wish) === "acknowledged").length, { atMost: 0 });
    measure("answers other than 503", attempts.filter(({ status }) => status !== 503).length, { atMost: 0 });
    for (const table of tables) await world.database.query(`drop trigger no_space on ${table}`);
    await world.database.query("drop function faults.no_space()");
    await load.stop();
    await allFinished(world, 30_000);
  },
};
