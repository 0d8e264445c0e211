import type { Fault } from "../fault.ts";
import { allFinished, register, until } from "./steps.ts";

export const queueUnbound: Fault = {
  name: "F18",
  title: "a queue without its binding",
  async inject(context) {
    const { world, scaled, time } = context;
    const binding = ["user_commands", "limen.commands", "user_commands"] as const;
    const returned = () => world.metric("auth-worker", "limen_messages_returned_total");
    const before = await returned();
    await world.broker.visit((channel) => channel.unbindQueue(...binding));
    const wishes = await register(context, scaled(100, 20), { waitSeconds: 0 });
    const alarm = await until("the alert is raised", 10_000, async () => (await returned()) - before >= wishes.length);
    time("alert after", alarm);
    await world.broker.visit((channel) => channel.bindQueue(...binding));
    time("finished after it is bound again", await allFinished(world, 30_000));
  },
};
