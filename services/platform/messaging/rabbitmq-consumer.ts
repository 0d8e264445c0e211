import type { ConsumeMessage } from "amqplib";
import { failpoints } from "../failpoints.ts";
import { createBatches } from "./batches.ts";
import { createAcknowledger } from "./rabbitmq-acknowledger.ts";
import { isCanary } from "./rabbitmq-canary.ts";
import type { Session } from "./rabbitmq-supervisor.ts";

/** Consumes one queue on one connection. */
export interface RabbitMqConsumer {
  /** Takes no more deliveries. Those at work go on, and are acknowledged. */
  cancel(): Promise<void>;
}

/** What becomes of deliveries. A rejection ends the session. */
export interface Receiver {
  /**
   * True when the message is done with, here or elsewhere; then it is acknowledged. False when it was given up because
   * the signal is aborted: the broker delivers it again.
   */
  receive(message: ConsumeMessage, over: AbortSignal): Promise<boolean>;
  readonly batch?: BatchReceiver;
}

export interface BatchReceiver {
  readonly size: number;
  /** Whether the message may be received together with others. */
  takes(message: ConsumeMessage): boolean;
  /** True when all are done with; false when fewer must be received at once. */
  receive(messages: readonly ConsumeMessage[], over: AbortSignal): Promise<boolean>;
}

interface ConsumerDeps {
  readonly session: Session;
  readonly queue: string;
  /** How many deliveries are at work at once; of batches, two. */
  readonly prefetch: number;
  readonly receiver: Receiver;
  /** Every delivery at work is in here, and outlives the session if need be. */
  readonly atWork: Set<Promise<void>>;
}

/** Batches at work at once. */
const lanes = 2;

export async function startRabbitMqConsumer(deps: ConsumerDeps): Promise<RabbitMqConsumer> {
  const { session, queue, atWork } = deps;
  const { receive, batch } = deps.receiver;
  const cancelled = new AbortController();
  const over = AbortSignal.any([session.ended, cancelled.signal]);

  const channel = await session.connection.createChannel();
  channel.on("error", session.fail);
  channel.on("close", () => session.fail(new Error(`the channel of ${queue} was closed`)));
  // A batch for each lane, and one that gathers meanwhile.
  await channel.prefetch(Math.max(deps.prefetch, (lanes + 1) * (batch?.size ?? 0)));
  const acknowledger = createAcknowledger(channel);

  const alone = (message: ConsumeMessage) => deliver([message], () => receive(message, over));
  const batches =
    batch === undefined
      ? undefined
      : createBatches({
          size: batch.size,
          lanes,
          alone,
          together: (messages: readonly ConsumeMessage[]) => deliver(messages, () => batch.receive(messages, over)),
        });

  async function deliver(messages: readonly ConsumeMessage[], handle: () => Promise<boolean>): Promise<boolean> {
    failpoints?.pass("consumer.before_handle");
    if (failpoints?.isOn("consumer.ack_first")) return ackFirst(messages, handle);
    const done = await handle();
    failpoints?.pass("consumer.before_ack");
    // An acknowledgement belongs to the channel of the delivery; with that gone the message comes again.
    if (done && !session.ended.aborted) acknowledger.acknowledge(messages);
    return done;
  }

  /** Wrong on purpose: what dies in the middle is lost. Only a failpoint leads here. */
  async function ackFirst(messages: readonly ConsumeMessage[], handle: () => Promise<boolean>): Promise<boolean> {
    acknowledger.acknowledge(messages);
    await handle();
    return true;
  }

  async function take(message: ConsumeMessage): Promise<void> {
    try {
      await (batch?.takes(message) ? batches?.add(message) : alone(message));
    } catch (error) {
      session.fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  const { consumerTag } = await channel.consume(queue, (message) => {
    if (message === null) {
      session.fail(new Error(`the broker cancelled the consumer of ${queue}`));
    } else if (!over.aborted) {
      acknowledger.received(message);
      if (isCanary(message)) return acknowledger.acknowledge([message]);
      const work = take(message).finally(() => atWork.delete(work));
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
