import type { Limiter } from "../limiter.ts";
import type { Log } from "../log.ts";
import type { Subscription } from "./message.ts";
import { waiting } from "./messaging-metrics.ts";
import { createPauseGate } from "./pause-gate.ts";
import { type RabbitMqConsumer, startRabbitMqConsumer } from "./rabbitmq-consumer.ts";
import type { Outgoing } from "./rabbitmq-message.ts";
import { createDeadLetterReceiver, createReceiver } from "./rabbitmq-receiver.ts";
import type { Session } from "./rabbitmq-supervisor.ts";
import { deadQueue, declareExchanges, declareQueues, retryQueue, TopologyMismatch } from "./rabbitmq-topology.ts";

/** Every subscription of the transport, on one connection. */
export interface RabbitMqConsumers {
  /** Resolves when the subscription is consuming. Throws TopologyMismatch; every other failure ends the session. */
  add(subscription: Subscription): Promise<void>;
  cancel(): Promise<void>;
  /** Rejects when a queue has gone. */
  check(): Promise<void>;
}

interface ConsumersDeps {
  readonly session: Session;
  readonly retryDelayMs: number;
  readonly prefetch: number;
  readonly maxAttempts: number;
  readonly limited: Limiter;
  readonly atWork: Set<Promise<void>>;
  readonly log: Log;
  send(message: Outgoing): Promise<boolean>;
}

export function createRabbitMqConsumers(deps: ConsumersDeps): RabbitMqConsumers {
  const { session, prefetch, atWork, log } = deps;
  const started = new Map<Subscription, Promise<RabbitMqConsumer[]>>();

  async function start(subscription: Subscription): Promise<RabbitMqConsumer[]> {
    const { queue, keepDeadLetter } = subscription;
    await declareExchanges(session.connection);
    await declareQueues(session.connection, subscription, deps.retryDelayMs);
    const gate = createPauseGate(session.ended);
    const receiver = createReceiver({ ...deps, subscription, gate });
    const consumers = [await startRabbitMqConsumer({ session, queue, prefetch, atWork, receiver })];
    if (keepDeadLetter !== undefined) {
      const receiver = createDeadLetterReceiver({ queue, keepDeadLetter, log, gate: createPauseGate(session.ended) });
      consumers.push(await startRabbitMqConsumer({ session, queue: deadQueue(queue), prefetch, atWork, receiver }));
    }
    return consumers;
  }

  return {
    async add(subscription) {
      let starting = started.get(subscription);
      if (starting === undefined) {
        starting = start(subscription);
        started.set(subscription, starting);
      }
      try {
        await starting;
      } catch (error) {
        started.delete(subscription);
        if (!(error instanceof TopologyMismatch))
          session.fail(error instanceof Error ? error : new Error(String(error)));
        throw error;
      }
    },
    async cancel() {
      const consumers = (await Promise.all(started.values())).flat();
      await Promise.all(consumers.map((consumer) => consumer.cancel()));
    },
    async check() {
      const channel = await session.connection.createChannel();
      channel.on("error", session.fail);
      for (const { queue } of started.keys()) {
        const { messageCount } = await channel.checkQueue(queue);
        waiting.set({ queue }, messageCount);
        await channel.checkQueue(retryQueue(queue));
        await channel.checkQueue(deadQueue(queue));
      }
      await channel.close();
    },
  };
}
