import type { ConsumeMessage } from "amqplib";
import type { Fault, FaultContext } from "../fault.ts";
import { intercept, userCommands } from "../interceptor.ts";
import { allFinished, count, register, restartAll, until } from "./steps.ts";

/**
 * Commands to users are held back until auth gives the registrations up; then creations and their cancellations arrive
 * side by side, in any order, at a worker that is killed again and again.
 */
export const compensation: Fault = {
  name: "F5",
  title: "compensation interrupted, and racing the creation that it cancels",
  async inject(context) {
    const { world, measure, scaled } = context;
    await world.restart("auth-worker", { SAGA_GIVE_UP_AFTER: "1s", SAGA_ANSWER_TIMEOUTS: "500ms" });
    await world.ready(["auth-worker"]);
    const held: ConsumeMessage[] = [];
    const cancelled = new Set<string>();
    const interceptor = await intercept(world, userCommands, (message) => {
      held.push(message);
      if (message.properties.type !== "limen.users.v1.CancelUserCreation") return;
      cancelled.add(JSON.parse(message.content.toString()).creationId);
    });
    const wishes = await register(context, scaled(500, 30), { width: 16, waitSeconds: 0, mayFail: true });
    await until("all are given up", 60_000, async () => cancelled.size === wishes.length);
    await world.restart("users-worker", { FAILPOINTS: "transaction.before_commit=kill9@15" });
    for (const message of shuffled(held, context)) interceptor.forward(message);
    await interceptor.stop();
    await allFinished(world, 120_000);
    await restartAll(world, ["auth-worker", "users-worker"]);
    await world.ready();
    const keys = wishes.map(({ key }) => key);
    const ended = (state: string) =>
      count(world, "auth.registrations where idempotency_key = any($1) and state = $2", [keys, state]);
    measure("cancelled in time", await ended("FAILED"), { atLeast: 1 });
    measure("created before", await ended("COMPLETED"), { atLeast: 1 });
  },
};

function shuffled<T>(items: readonly T[], { random }: FaultContext): T[] {
  const keyed = items.map((item) => ({ item, at: random.next() }));
  return keyed.sort((one, other) => one.at - other.at).map(({ item }) => item);
}
