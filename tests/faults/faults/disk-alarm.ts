import type { Fault, FaultContext } from "../fault.ts";
import { allFinished, count, outboxEmpty, register, registered, registerMeanwhile, until } from "./steps.ts";

/**
 * The broker takes no more messages, of which it tells a connection that has sent one. Messages that are in its queues by
 * then are consumed all the same; what is accepted meanwhile waits in the outbox.
 */
export const diskAlarm: Fault = {
  name: "F16",
  title: "the broker's disk is full",
  async inject(context) {
    const { world, scaled, measure, time } = context;
    await world.roles.stop("users-worker");
    const before = await count(world, "users.creations");
    const queued = await register(context, scaled(500, 20), { waitSeconds: 0 });
    await outboxEmpty(world, "auth", 20_000);
    await world.broker.diskAlarm(true);
    await world.restart("users-worker");
    const consumed = async () => (await count(world, "users.creations")) - before;
    const consumedMs = await until("consuming goes on", 20_000, async () => (await consumed()) >= queued.length);
    time("commands consumed meanwhile", consumedMs);

    await untilBlocked(context);
    const during = await register(context, scaled(500, 20), { waitSeconds: 0 });
    const refused = during.flatMap(({ attempts }) => attempts).filter(({ status }) => status !== 202);
    measure("not accepted meanwhile", refused.length, { atMost: 0 });
    const waiting = await count(world, "auth.outbox where data->>'registrationId' = any($1)", [registered(during)]);
    measure("messages in the outbox meanwhile", waiting, { atLeast: during.length });
    await world.broker.diskAlarm(false);
    time("drained afterwards", await allFinished(world, 60_000), 30_000);
  },
};

/** Both who have a relay for auth's outbox know by then that they must not publish. */
async function untilBlocked(context: FaultContext): Promise<void> {
  const load = registerMeanwhile(context, { waitSeconds: 0, width: 1 });
  const isBlocked = async (role: string) => (await context.world.metric(role, "limen_broker_blocked")) === 1;
  await until("auth knows that the broker is full", 20_000, async () => {
    return (await isBlocked("auth-api")) && (await isBlocked("auth-worker"));
  });
  await load.stop();
}
