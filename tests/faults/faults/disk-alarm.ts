import type { Fault } from "../fault.ts";
import { depth } from "../observe.ts";
import { allFinished, count, outboxEmpty, register, until } from "./steps.ts";

export const diskAlarm: Fault = {
  name: "F16",
  title: "the broker's disk is full",
  async inject(context) {
    const { world, scaled, measure, time } = context;
    await world.roles.stop("users-worker");
    const before = await count(world, "users.inbox");
    const queued = await register(context, scaled(500, 20), { waitSeconds: 0 });
    await outboxEmpty(world, "auth", 20_000);
    await world.broker.diskAlarm(true);
    await world.restart("users-worker");
    const consumed = async () => (await count(world, "users.inbox")) - before;
    const consumedMs = await until("consuming goes on", 20_000, async () => (await consumed()) >= queued.length);
    time("commands consumed meanwhile", consumedMs);
    const during = await register(context, scaled(500, 20), { waitSeconds: 0 });
    const refused = during.flatMap(({ attempts }) => attempts).filter(({ status }) => status !== 202);
    measure("not accepted meanwhile", refused.length, { atMost: 0 });
    measure("messages published meanwhile", await depth(world, "auth_commands"), { atMost: 0 });
    await world.broker.diskAlarm(false);
    time("drained afterwards", await allFinished(world, 60_000), 30_000);
  },
};
