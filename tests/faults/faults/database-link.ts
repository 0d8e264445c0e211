import type { Fault } from "../fault.ts";
import { clientsOf } from "../tcp-table.ts";
import type { World } from "../world.ts";
import { count, outboxEmpty, register, until } from "./steps.ts";

/**
 * A dead line to the database is noticed at both ends: the client's kernel asks whether the other side is still there
 * (TCP keepalive), and the server ends a session that leaves its transaction idle. The latter is what others wait for.
 *
 * The API's relay has claimed a row and waits for a confirm that its line to the broker swallows; then its line to the
 * database swallows everything, too. The server must end that session, or nobody else could publish the row.
 */
export const databaseLink: Fault = {
  name: "F9",
  title: "a line to the database swallowed while a relay holds rows",
  async inject(context) {
    const { world, measure, time } = context;
    const ends = await clientsOf(world.link("auth-api", "database").port);
    measure("connections to the database", ends.length, { atLeast: 1 });
    measure("of these without TCP keepalive", ends.filter(({ hasTimer }) => !hasTimer).length, { atMost: 0 });

    const [broker, database] = [world.link("auth-api", "broker"), world.link("auth-api", "database")];
    await world.roles.stop("auth-worker");
    broker.blackhole();
    await register(context, 1, { waitSeconds: 0 });
    await until("the relay holds the row", 4_000, () => isHeld(world));
    database.blackhole();
    await world.restart("auth-worker");
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
