import { randomUUID } from "node:crypto";
import type { ConsumeMessage } from "amqplib";
import { sleep } from "../timing.ts";
import type { Subscription } from "./message.ts";
import type { Session } from "./rabbitmq-supervisor.ts";
import { deadLetterExchange, deadQueue, retryExchange, retryQueue } from "./rabbitmq-topology.ts";

/**
 * Tells a live queue from a dead one by putting something into it. Nothing less does: a quorum queue that has lost its
 * leader can still be declared, bound and consumed from, and only never confirms a message.
 */
export interface Canaries {
  /** Whether each queue of the subscription takes a message in time: its own, its retry queue and its dead queue. */
  fly(subscription: Pick<Subscription, "queue" | "keepDeadLetter">): Promise<ReadonlyMap<string, boolean>>;
}

interface Flight {
  readonly to: string;
  readonly exchange: string;
  readonly routingKey: string;
  readonly expiration?: string;
}

const type = "limen.canary";

/** Consumers acknowledge canaries and say nothing of them. One may wait in a queue whose consumers have gone. */
export const isCanary = ({ properties }: ConsumeMessage): boolean => properties.type === type;

export async function openCanaries(session: Session, { timeoutMs }: { timeoutMs: number }): Promise<Canaries> {
  const channel = await session.connection.createConfirmChannel();
  channel.on("error", session.fail);
  channel.on("close", () => session.fail(new Error("the channel of the canaries was closed")));
  const returned = new Set<unknown>();
  channel.on("return", ({ properties }) => returned.add(properties.messageId));

  /** False when the broker refused it, or brought it back, which it does before the confirm. */
  async function arrives({ exchange, routingKey, expiration }: Flight): Promise<boolean> {
    const messageId = randomUUID();
    const confirm = Promise.withResolvers<boolean>();
    const options = { messageId, type, mandatory: true, persistent: true, ...(expiration && { expiration }) };
    channel.publish(exchange, routingKey, Buffer.alloc(0), options, (error: unknown) =>
      confirm.resolve(error === null),
    );
    return (await confirm.promise) && !returned.delete(messageId);
  }

  return {
    async fly(subscription) {
      const landed = new AbortController();
      const tooLate = sleep(timeoutMs, landed.signal).then(() => false);
      const answers = await Promise.all(
        flights(subscription).map(
          async (flight) => [flight.to, await Promise.race([arrives(flight), tooLate])] as const,
        ),
      );
      landed.abort();
      return new Map(answers);
    },
  };
}

/** Only to queues that somebody reads, who takes the canaries out again. */
function flights({ queue, keepDeadLetter }: Pick<Subscription, "queue" | "keepDeadLetter">): Flight[] {
  const own = { to: queue, exchange: retryExchange, routingKey: queue };
  // It need not wait for another attempt: expired, it goes on to the queue.
  const retry = { to: retryQueue(queue), exchange: retryExchange, routingKey: retryQueue(queue), expiration: "1" };
  const dead = { to: deadQueue(queue), exchange: deadLetterExchange, routingKey: queue };
  return keepDeadLetter === undefined ? [own, retry] : [own, retry, dead];
}
