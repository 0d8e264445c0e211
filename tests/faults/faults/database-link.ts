import type { Fault } from "../fault.ts";
import type { World } from "../world.ts";
import { count, outboxEmpty, register, until } from "./steps.ts";

/**
 * The API's relay has claimed a row and waits for a confirm that its line to the broker swallows; then its line to the
 * database swallows everything, too. The server must end that session, or nobody else could publish the row.
 */
export const databaseLink: Fault = {
  name: "F9",
  title: "a line to the database swallowed while a relay holds rows",
  async inject(context) {
    const { world, time } = context;
    const [broker, database] = [world.link("auth-api", "broker"), world.link("auth-api", "database")];
    world.roles.signal("auth-worker", "SIGSTOP");
    broker.blackhole();
    await register(context, 1, { waitSeconds: 0 });
    await until("the relay holds the row", 4_000, () => isHeld(world));
    database.blackhole();
    world.roles.signal("auth-worker", "SIGCONT");
    time("published by the other relay", await outboxEmpty(world, "auth", 60_000), 30_000);
    broker.heal();
    database.heal();
    await world.ready();
  },
};

async function isHeld(world: World): Promise<boolean> {
  const free = "(select from auth.outbox for update skip locked) as free";
  return (await count(world, "auth.outbox")) > 0 && (await count(world, free)) === 0;
}
