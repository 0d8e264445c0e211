import type { Channel, ChannelModel } from "amqplib";
import type { Subscription } from "./message.ts";

export const deadLetterExchange = "limen.dead";
/**
 * To one queue alone, past its bindings: `<queue>.retry` leads to its retry queue and `<queue>` back from there. The
 * default exchange would do the same, but whoever may write to that may write to every queue of the broker.
 */
export const retryExchange = "limen.retry";
const exchanges = ["limen.commands", "limen.events", retryExchange, deadLetterExchange] as const;

export const retryQueue = (queue: string): string => `${queue}.retry`;
export const deadQueue = (queue: string): string => `${queue}.dead`;

/**
 * The broker has an object of this name with other arguments. No retry helps: an operator has to change one of them.
 *
 * The change-over: stop the workers, let the queue named in the message run empty or move its messages, delete it
 * (`rabbitmqctl delete_queue NAME`), start the workers, which declare it anew. What is lost on the way is sent again by
 * whoever waits for an answer. Only `RETRY_DELAY` can be set to another value; it concerns the retry queues alone.
 */
export class TopologyMismatch extends Error {
  override readonly name = "TopologyMismatch";
}

/** Publishers declare them too: they may be first. There is no alternate exchange, which would hide unroutable messages. */
export function declareExchanges(connection: ChannelModel): Promise<void> {
  return declaring(connection, async (channel) => {
    for (const exchange of exchanges) await channel.assertExchange(exchange, "topic", { durable: true });
  });
}

/**
 * The queue, the queue in which its failed messages wait for their next attempt, and the one of its dead letters.
 * Throws TopologyMismatch, which names the queue and the argument.
 */
export function declareQueues(
  connection: ChannelModel,
  { queue, bindings }: Pick<Subscription, "queue" | "bindings">,
  retryDelayMs: number,
): Promise<void> {
  return declaring(connection, async (channel) => {
    await channel.assertQueue(deadQueue(queue), { durable: true, arguments: deadArguments });
    await channel.bindQueue(deadQueue(queue), deadLetterExchange, queue);
    await channel.assertQueue(queue, { durable: true, arguments: mainArguments(queue) });
    await channel.assertQueue(retryQueue(queue), { durable: true, arguments: retryArguments(queue, retryDelayMs) });
    for (const own of [queue, retryQueue(queue)]) await channel.bindQueue(own, retryExchange, own);
    for (const { exchange, routingKey } of bindings) await channel.bindQueue(queue, exchange, routingKey);
  });
}

/** Without reject-publish the broker silently falls back to dead-lettering at most once. */
const atLeastOnce = {
  "x-queue-type": "quorum",
  "x-dead-letter-strategy": "at-least-once",
  "x-overflow": "reject-publish",
};

/** Routed by the queue's name: an event's own routing key would lead to no dead queue, or to another queue's. */
const mainArguments = (queue: string) => ({
  ...atLeastOnce,
  "x-dead-letter-exchange": deadLetterExchange,
  "x-dead-letter-routing-key": queue,
  "x-delivery-limit": 100,
});

const retryArguments = (queue: string, retryDelayMs: number) => ({
  ...atLeastOnce,
  "x-message-ttl": retryDelayMs,
  "x-dead-letter-exchange": retryExchange,
  "x-dead-letter-routing-key": queue,
});

/** RabbitMQ 4 drops a message after 20 failed deliveries by default, and a dead letter has nowhere else to go. */
const deadArguments = { "x-queue-type": "quorum", "x-delivery-limit": 1_000_000 };

/** On a channel of its own, for the broker closes the channel on which a declaration fails. */
async function declaring(connection: ChannelModel, declare: (channel: Channel) => Promise<void>): Promise<void> {
  const channel = await connection.createChannel();
  let failure: Error | undefined;
  channel.on("error", (error) => {
    failure = error;
  });
  try {
    await declare(channel);
  } catch (error) {
    throw mismatch(failure ?? error) ?? error;
  }
  await channel.close();
}

/** "inequivalent arg 'x-message-ttl' for queue 'a.retry' in vhost '/': received '5000' but current is '1000'" */
function mismatch(error: unknown): TopologyMismatch | undefined {
  if (!(error instanceof Error) || (error as { code?: unknown }).code !== 406) return undefined;
  const told = error.message.match(/PRECONDITION_FAILED - (.*?)"?$/s)?.[1] ?? error.message;
  return new TopologyMismatch(`RabbitMQ refuses the declaration: ${told}`, { cause: error });
}
