import type { Fault } from "../fault.ts";
import { outboxEmpty, register, until } from "./steps.ts";

/** Dies with a full window at work, before the first acknowledgement: the same messages come back every time. */
export const consumerCrashes: Fault = {
  name: "F15",
  title: "a consumer that crashes over and over with a full window",
  async inject(context) {
    const { world, scaled, measure } = context;
    const crashes = scaled(60, 4);
    await world.roles.stop("users-worker");
    await register(context, scaled(500, 40), { waitSeconds: 0, width: 16 });
    await outboxEmpty(world, "auth", 20_000);
    const before = world.roles.kills("users-worker");
    const killed = () => world.roles.kills("users-worker") - before;
    await world.restart("users-worker", { FAILPOINTS: "consumer.before_ack=kill9" });
    await until(`${crashes} crashes`, crashes * 10_000, async () => killed() >= crashes);
    await world.restart("users-worker");
    measure("crashes with the same messages", killed(), { atLeast: crashes });
    await world.ready();
  },
};
