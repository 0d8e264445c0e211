import type { Fault, FaultContext } from "../fault.ts";
import { consumers } from "../observe.ts";
import { register, until } from "./steps.ts";

/** By whatever a broker or an operator does to those who use it, and in the middle of what they do about it. */
export const closed: Fault = {
  name: "F10",
  title: "connections and channels closed, queues deleted, also while reconnecting",
  async inject(context) {
    const { random, scaled, time } = context;
    const ways = Object.keys(closings);
    let slowest = 0;
    for (let round = 0; round < scaled(100, ways.length); round++) {
      // Each way once, then as it comes.
      const way = closings[ways[round] ?? random.pick(ways)];
      await way?.(context);
      slowest = Math.max(slowest, await consuming(context));
    }
    time("consuming again", slowest, 5_000);
    await register(context, 4);
  },
};

const closings: Readonly<Record<string, (context: FaultContext) => Promise<unknown>>> = {
  async "connections, and once more while they reconnect"({ world, random }) {
    const link = world.link(random.pick(["users-worker", "auth-worker"]), "broker");
    for (let times = random.between(2, 4); times > 0; times--) {
      const next = link.connection();
      link.reset();
      await next;
    }
  },
  "every connection": ({ world }) => world.broker.closeConnections(),
  "every channel": ({ world }) => world.broker.closeChannels(),
  "a queue": ({ world, random }) =>
    world.broker.visit((channel) => channel.deleteQueue(random.pick(["user_commands", "auth_user_events"]))),
};

/** Milliseconds until every queue has its consumers, on connections that have lasted for a moment. */
const consuming = ({ world }: FaultContext): Promise<number> => {
  let since = 0;
  return until("every queue is consumed", 20_000, async () => {
    if (!(await consumers(world)).every((count) => count > 0)) since = 0;
    else since ||= performance.now();
    return since > 0 && performance.now() - since > 100;
  });
};
