import type { ConsumeMessage } from "amqplib";
import type { Fault, FaultContext } from "../fault.ts";
import { type Interceptor, intercept, userCommands } from "../interceptor.ts";
import type { Variables, World } from "../world.ts";
import { allFinished, count, register, restartAll, until } from "./steps.ts";

/**
 * Commands to users are held back until auth gives the registrations up. Of a fifth of them the creation arrives first, of
 * another fifth the cancellation; of the others all arrive side by side, in any order, at a worker that is killed several
 * times.
 */
export const compensation: Fault = {
  name: "F5",
  title: "compensation interrupted, and racing the creation that it cancels",
  async inject(context) {
    const { world, measure, scaled } = context;
    await world.restart("auth-worker", { SAGA_GIVE_UP_AFTER: "1s", SAGA_ANSWER_TIMEOUTS: "500ms,2s,5s" });
    await world.ready(["auth-worker"]);
    const held = createHeld();
    const interceptor = await intercept(world, userCommands, held.take);
    const wishes = await register(context, scaled(500, 30), { width: 16, waitSeconds: 0, mayFail: true });
    await until("all are given up", 60_000, async () => held.cancelled.size === wishes.length);

    const share = Math.ceil(wishes.length / 5);
    const given = [...held.cancelled];
    await decidedBy(world, interceptor, held.release(given.slice(0, share), createUser));
    await decidedBy(world, interceptor, held.release(given.slice(share, 2 * share), cancelUserCreation));
    const before = world.roles.kills("users-worker");
    const armed = Array<Variables>(scaled(20, 2)).fill({ FAILPOINTS: "transaction.before_commit=kill9@15" });
    await world.restart("users-worker", ...armed, {});
    for (const message of shuffled(held.release(given), context)) interceptor.forward(message);
    await interceptor.stop();
    await allFinished(world, 120_000);
    measure("kills", world.roles.kills("users-worker") - before, { atLeast: 1 });
    await restartAll(world, ["auth-worker", "users-worker"]);
    await world.ready();

    const keys = wishes.map(({ key }) => key);
    const ended = (state: string) =>
      count(world, "auth.registrations where idempotency_key = any($1) and state = $2", [keys, state]);
    measure("cancelled in time", await ended("FAILED"), { atLeast: share });
    measure("created before", await ended("COMPLETED"), { atLeast: share });
  },
};

const createUser = "limen.users.v1.CreateUser";
const cancelUserCreation = "limen.users.v1.CancelUserCreation";

const creationOf = (message: ConsumeMessage): string => JSON.parse(message.content.toString()).creationId;

/** Commands that were sent and have not arrived. */
function createHeld() {
  const messages = new Set<ConsumeMessage>();
  const cancelled = new Set<string>();
  return {
    /** Creations whose cancellation is among the messages. */
    cancelled,
    take(message: ConsumeMessage): void {
      messages.add(message);
      if (message.properties.type === cancelUserCreation) cancelled.add(creationOf(message));
    },
    /** Those about the creations, of one type or of any; they are not held any more. */
    release(creations: readonly string[], type?: string): ConsumeMessage[] {
      const wanted = new Set(creations);
      const released = [...messages].filter(
        (message) => wanted.has(creationOf(message)) && (type === undefined || message.properties.type === type),
      );
      for (const message of released) messages.delete(message);
      return released;
    },
  };
}

async function decidedBy(world: World, { forward }: Interceptor, messages: readonly ConsumeMessage[]): Promise<void> {
  for (const message of messages) forward(message);
  const ids = [...new Set(messages.map(creationOf))];
  const decided = () => count(world, "users.creations where creation_id = any($1) and outcome is not null", [ids]);
  await until("these creations are decided", 20_000, async () => (await decided()) === ids.length);
}

function shuffled<T>(items: readonly T[], { random }: FaultContext): T[] {
  const keyed = items.map((item) => ({ item, at: random.next() }));
  return keyed.sort((one, other) => one.at - other.at).map(({ item }) => item);
}
