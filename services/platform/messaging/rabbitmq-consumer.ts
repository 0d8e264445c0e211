import type { ConsumeMessage } from "amqplib";
import { failpoints } from "../failpoints.ts";
import type { Session } from "./rabbitmq-supervisor.ts";

/** Consumes one queue on one connection. */
export interface RabbitMqConsumer {
  /** Takes no more deliveries. Those at work go on, and are acknowledged. */
  cancel(): Promise<void>;
}

interface ConsumerDeps {
  readonly session: Session;
  readonly queue: string;
  /** How many deliveries are at work at once. */
  readonly prefetch: number;
  /**
   * True when the message is done with, here or elsewhere; then it is acknowledged. False when it was given up because
   * the signal is aborted: the broker delivers it again. A rejection ends the session.
   */
  receive(message: ConsumeMessage, over: AbortSignal): Promise<boolean>;
  /** Every delivery at work is in here, and outlives the session if need be. */
  readonly atWork: Set<Promise<void>>;
}

export async function startRabbitMqConsumer(deps: ConsumerDeps): Promise<RabbitMqConsumer> {
  const { session, queue, atWork } = deps;
  const cancelled = new AbortController();
  const over = AbortSignal.any([session.ended, cancelled.signal]);

  const channel = await session.connection.createChannel();
  channel.on("error", session.fail);
  channel.on("close", () => session.fail(new Error(`the channel of ${queue} was closed`)));
  await channel.prefetch(deps.prefetch);

  async function deliver(message: ConsumeMessage): Promise<void> {
    try {
      failpoints?.pass("consumer.before_handle");
      if (failpoints?.isOn("consumer.ack_first")) return await ackFirst(message);
      const done = await deps.receive(message, over);
      failpoints?.pass("consumer.before_ack");
      // An acknowledgement belongs to the channel of the delivery; with that gone the message comes again.
      if (done && !session.ended.aborted) channel.ack(message);
    } catch (error) {
      session.fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** Wrong on purpose: what dies in the middle is lost. Only a failpoint leads here. */
  async function ackFirst(message: ConsumeMessage): Promise<void> {
    channel.ack(message);
    await deps.receive(message, over);
  }

  const { consumerTag } = await channel.consume(queue, (message) => {
    if (message === null) {
      session.fail(new Error(`the broker cancelled the consumer of ${queue}`));
    } else if (!over.aborted) {
      const work = deliver(message).finally(() => atWork.delete(work));
      atWork.add(work);
    }
  });

  return {
    async cancel() {
      cancelled.abort();
      if (!session.ended.aborted) await channel.cancel(consumerTag);
    },
  };
}
