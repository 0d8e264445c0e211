import { setTimeout as sleep } from "node:timers/promises";
import { type ConsumeMessage, connect } from "amqplib";
import type { World } from "./world.ts";

/** Messages on their way to a queue. */
export interface Way {
  readonly exchange: "limen.commands" | "limen.events";
  readonly queue: string;
  readonly routingKeys: readonly string[];
}

export const userCommands: Way = {
  exchange: "limen.commands",
  queue: "user_commands",
  routingKeys: ["user_commands"],
};

export const authCommands: Way = {
  exchange: "limen.commands",
  queue: "auth_commands",
  routingKeys: ["auth_commands"],
};

export const answersToAuth: Way = {
  exchange: "limen.events",
  queue: "auth_user_events",
  routingKeys: ["limen.users.v1.UserCreated", "limen.users.v1.UserCreationRejected"],
};

export interface Interceptor {
  forward(message: ConsumeMessage): void;
  /** Lets the messages find their own way again. What was intercepted by then is decided upon first. */
  stop(): Promise<void>;
}

/**
 * Stands between an exchange and a queue: `decide` lets each message go on never, once, several times, or later.
 * Publishers see no difference; every message still has a queue that receives it. A consumer of the queue that connects
 * anew brings the binding back: then messages also arrive by themselves.
 */
export async function intercept(
  { broker }: World,
  { exchange, queue, routingKeys }: Way,
  decide: (message: ConsumeMessage, forward: (message: ConsumeMessage) => void) => void,
): Promise<Interceptor> {
  const { host, port } = broker.address;
  const connection = await connect(`amqp://guest:guest@${host}:${port}`);
  const channel = await connection.createChannel();
  const own = `faults.${queue}`;
  await channel.assertQueue(own, { exclusive: true });
  for (const key of routingKeys) {
    await channel.bindQueue(own, exchange, key);
    await channel.unbindQueue(queue, exchange, key);
  }
  const forward = ({ content, properties }: ConsumeMessage) => void channel.sendToQueue(queue, content, properties);
  await channel.consume(own, (message) => {
    if (message === null) return;
    decide(message, forward);
    channel.ack(message);
  });
  return {
    forward,
    async stop() {
      for (const key of routingKeys) {
        await channel.bindQueue(queue, exchange, key);
        await channel.unbindQueue(own, exchange, key);
      }
      while ((await channel.checkQueue(own)).messageCount > 0) await sleep(20);
      await connection.close();
    },
  };
}
