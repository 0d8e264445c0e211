import { randomUUID } from "node:crypto";
import { type Channel, type ConsumeMessage, connect } from "amqplib";
import { pino } from "pino";
import { amqpUrl } from "../../../tests/support/rabbitmq.ts";
import { createRabbitMqTransport, type RabbitMqTransport } from "./rabbitmq-transport.ts";
import type { OpenTransport } from "./transport.fixture.ts";

type Deps = Parameters<typeof createRabbitMqTransport>[0];

export interface OpenRabbitMq extends OpenTransport {
  readonly transport: RabbitMqTransport;
  /** Another client of the same broker. */
  readonly admin: Channel;
  /** The next message of a queue, taken out of it. */
  take(queue: string): Promise<ConsumeMessage>;
}

export const brokerUrl = (): URL => new URL(amqpUrl());

/** A transport that is started, and takes its queues along when it is disposed of. */
export async function openRabbitMq(overrides: Partial<Deps> = {}): Promise<OpenRabbitMq> {
  const queues: string[] = [];
  const connection = await connect(brokerUrl().href);
  const admin = await connection.createChannel();
  const transport = createRabbitMqTransport({
    url: brokerUrl().href,
    clientName: "test",
    log: pino({ level: "silent" }),
    retryDelayMs: 50,
    ...overrides,
  });
  await transport.start();

  return {
    transport,
    admin,
    newQueue() {
      const queue = `test-${randomUUID()}`;
      queues.push(queue, `${queue}.retry`, `${queue}.dead`);
      return queue;
    },
    async take(queue) {
      const taken = Promise.withResolvers<ConsumeMessage>();
      const { consumerTag } = await admin.consume(queue, (message) => {
        if (message === null) return taken.reject(new Error(`${queue} was deleted`));
        admin.ack(message);
        taken.resolve(message);
      });
      const message = await taken.promise;
      await admin.cancel(consumerTag);
      return message;
    },
    async dispose() {
      await transport.close();
      for (const queue of queues) await admin.deleteQueue(queue);
      await connection.close();
    },
  };
}
