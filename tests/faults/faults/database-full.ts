import { outcomeOf } from "../client-log.ts";
import type { Fault } from "../fault.ts";
import { fillDisk } from "../full-disk.ts";
import { allFinished, count, register, registered, registerMeanwhile, until } from "./steps.ts";

export const databaseFull: Fault = {
  name: "F17",
  title: "PostgreSQL is out of disk (53100)",
  async inject(context) {
    const { world, measure, scaled, time } = context;
    const metric = (name: string) => world.metric("users-worker", name);
    const [paused, retried] = ["limen_consumer_pauses_total", "limen_messages_retried_total"];
    const before = { paused: await metric(paused), retried: await metric(retried) };

    const freeUsers = await fillDisk(world.database, "users.outbox");
    const accepted = await register(context, scaled(500, 20), { waitSeconds: 0 });
    await until("the worker waits", 10_000, async () => (await metric(paused)) > before.paused);
    const freeAuth = await fillDisk(world.database, "auth.outbox");
    const earlier = context.log.wishes.length;
    const load = registerMeanwhile(context, { width: 4 });
    const attempts = () => context.log.wishes.slice(earlier).flatMap((wish) => wish.attempts);
    await until("everybody was told", 20_000, async () => attempts().length >= 8);
    const wishes = context.log.wishes.slice(earlier);
    measure("false 2xx", wishes.filter((wish) => outcomeOf(wish) === "acknowledged").length, { atMost: 0 });
    measure("answers other than 503", attempts().filter(({ status }) => status !== 503).length, { atMost: 0 });
    const decided = "users.creations where creation_id = any($1)";
    measure("creations decided meanwhile", await count(world, decided, [registered(accepted)]), { atMost: 0 });

    await freeUsers();
    await freeAuth();
    await load.stop();
    time("finished afterwards", await allFinished(world, 60_000), 30_000);
    measure("attempts burnt", (await metric(retried)) - before.retried, { atMost: 0 });
  },
};
