import { type ConfirmChannel, connect } from "amqplib";
import type { Outgoing } from "../../services/platform/messaging/rabbitmq-message.ts";
import type { Window } from "../measure.ts";

/** What amqplib does by itself: publish so many messages, wait for the confirms of all, publish the next. */
export interface ConfirmedBatches {
  publish(messages: readonly Outgoing[]): Promise<Window>;
  close(): Promise<void>;
}

export async function openConfirmedBatches(amqpUrl: string, batchSize: number): Promise<ConfirmedBatches> {
  const broker = await connect(amqpUrl, { noDelay: true });
  const channel = await broker.createConfirmChannel();
  return {
    async publish(messages) {
      const begin = performance.now();
      for (let from = 0; from < messages.length; from += batchSize) {
        await publishBatch(channel, messages.slice(from, from + batchSize));
      }
      return { calls: messages.length, seconds: (performance.now() - begin) / 1_000, latenciesMs: [] };
    },
    close: () => broker.close(),
  };
}

async function publishBatch(channel: ConfirmChannel, messages: readonly Outgoing[]): Promise<void> {
  for (const { exchange, routingKey, mandatory, content, properties } of messages) {
    channel.publish(exchange, routingKey, content, { ...properties, mandatory });
  }
  await channel.waitForConfirms();
}
