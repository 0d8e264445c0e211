import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { DeadLetter, Delivery, Envelope, Subscription, Transport } from "./message.ts";

export interface OpenTransport {
  readonly transport: Transport;
  /** A queue that no other test uses. */
  newQueue(): string;
  /** Closes the transport and removes its queues. */
  dispose(): Promise<void>;
}

export interface TransportOptions {
  readonly maxAttempts: number;
}

export const maxAttempts = 3;
export const batchType = "limen.test.v1.DoMuch";
export const batchSize = 32;

export type TransportSetup = Awaited<ReturnType<typeof prepareTransport>>;

/** A transport whose queues note what they get, and whose dead letters are kept in one place. */
export async function prepareTransport(open: (options: TransportOptions) => Promise<OpenTransport>) {
  const deadLetters = createDeadLetters();
  const { transport, newQueue, dispose } = await open({ maxAttempts });

  async function listen(bindings: (queue: string) => Subscription["bindings"], react?: (d: Delivery) => Promise<void>) {
    const queue = newQueue();
    const recorder = createRecorder(react);
    await transport.subscribe({
      queue,
      bindings: bindings(queue),
      handle: recorder.handle,
      keepDeadLetter: deadLetters.keep,
    });
    return { queue, ...recorder };
  }
  const on = (types: readonly string[], react?: (delivery: Delivery) => Promise<void>) =>
    listen(() => types.map((routingKey) => ({ exchange: "limen.events", routingKey })), react);

  return {
    transport,
    dispose,
    deadLetters,
    on,
    /** `received` has what was tried alone or handled together; `batches` the latter. */
    async batchQueue(
      alone: (delivery: Delivery) => Promise<void> = async () => {},
      together: (deliveries: readonly Delivery[]) => Promise<void> = async () => {},
    ) {
      const queue = newQueue();
      const batches: (readonly Delivery[])[] = [];
      const recorder = createRecorder();
      await transport.subscribe({
        queue,
        bindings: [{ exchange: "limen.commands", routingKey: queue }],
        keepDeadLetter: deadLetters.keep,
        async handle(delivery) {
          await recorder.handle(delivery);
          await alone(delivery);
        },
        batch: {
          type: batchType,
          size: batchSize,
          async handle(deliveries) {
            await together(deliveries);
            batches.push(deliveries);
            for (const delivery of deliveries) await recorder.handle(delivery);
          },
        },
      });
      return { queue, batches, ...recorder };
    },
    eventQueue: (...types: string[]) => on(types),
    commandQueue: (react?: (delivery: Delivery) => Promise<void>) =>
      listen((queue) => [{ exchange: "limen.commands", routingKey: queue }], react),
  };
}

/** Notes each delivery, then reacts. */
export function createRecorder(react: (delivery: Delivery) => Promise<void> = async () => {}) {
  const received: Delivery[] = [];
  let changed = Promise.withResolvers<void>();
  return {
    received,
    async handle(delivery: Delivery): Promise<void> {
      received.push(delivery);
      changed.resolve();
      changed = Promise.withResolvers();
      await react(delivery);
    },
    /** Resolves when so many deliveries have begun. */
    async arrived(count: number): Promise<void> {
      while (received.length < count) await changed.promise;
    },
  };
}

function createDeadLetters() {
  const letter = Promise.withResolvers<DeadLetter>();
  let refusals = 0;
  let refused = 0;
  return {
    next: () => letter.promise,
    refuse(times: number) {
      refusals = times;
    },
    refused: () => refused,
    async keep(given: DeadLetter): Promise<void> {
      if (refused < refusals) {
        refused += 1;
        throw new Error("the table is away");
      }
      letter.resolve(given);
    },
  };
}

/** What an outbox relay does: what was not handed over is published again. */
export async function publishUntilHandedOver(transport: Transport, envelopes: readonly Envelope[]): Promise<void> {
  let waiting = envelopes;
  while (waiting.length > 0) {
    const handedOver = await transport.publish(waiting);
    waiting = waiting.filter(({ id }) => !handedOver.has(id));
    if (waiting.length > 0) await delay(10);
  }
}

export const ids = (messages: readonly { id: string }[]): string[] => messages.map(({ id }) => id);

export const commandTo = (queue: string, overrides: Partial<Envelope> = {}): Envelope => ({
  id: randomUUID(),
  type: "limen.test.v1.DoSomething",
  source: "users",
  subject: "u1",
  time: new Date("2026-01-01T00:00:00.000Z"),
  traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
  data: { name: "Ada" },
  exchange: "limen.commands",
  routingKey: queue,
  mandatory: true,
  ...overrides,
});

export const event = (type: string, overrides: Partial<Envelope> = {}): Envelope => ({
  ...commandTo(type, { exchange: "limen.events", type }),
  ...overrides,
});
