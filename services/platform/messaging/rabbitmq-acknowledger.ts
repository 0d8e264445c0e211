import type { Channel, ConsumeMessage } from "amqplib";

/** Acknowledges the deliveries of one channel, as many as possible with one frame. */
export interface Acknowledger {
  /** Every delivery comes by here, in the order in which it was received. */
  received(message: ConsumeMessage): void;
  /** In the order in which they were received. */
  acknowledge(messages: readonly ConsumeMessage[]): void;
}

export function createAcknowledger(channel: Pick<Channel, "ack">): Acknowledger {
  /** Delivery tags grow, and a set keeps the order of its elements: the first one is the oldest. */
  const outstanding = new Set<number>();
  return {
    received: ({ fields }) => void outstanding.add(fields.deliveryTag),
    acknowledge(messages) {
      for (const { fields } of messages) outstanding.delete(fields.deliveryTag);
      const [oldest = Number.POSITIVE_INFINITY] = outstanding;
      // "All up to this one" is true of those before the oldest that is still at work.
      const newest = messages.findLast(({ fields }) => fields.deliveryTag < oldest);
      if (newest !== undefined) channel.ack(newest, true);
      for (const message of messages) if (message.fields.deliveryTag > oldest) channel.ack(message);
    },
  };
}
