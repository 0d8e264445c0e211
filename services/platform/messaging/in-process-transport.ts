import { describeError, type Log } from "../log.ts";
import { traceIdOf } from "../trace.ts";
import { type Batches, createBatches } from "./batches.ts";
import { isUnavailable, verdict } from "./failure.ts";
import type { BatchHandling, Delivery, Envelope, PermanentFailure, Subscription, Transport } from "./message.ts";
import { confirmed, countConsumed, deadLettered, published, retried, returned } from "./messaging-metrics.ts";

interface InProcessTransportDeps {
  readonly log: Log;
  /** How many handlers run at once. */
  readonly concurrency?: number;
  readonly maxAttempts?: number;
}

/**
 * Publishing is handling: a message is handed over when every subscription that it matches has handled it or given it up.
 * Nothing is queued here; what failed stays in the sender's outbox and is published again.
 */
export function createInProcessTransport(deps: InProcessTransportDeps): Transport {
  const { log, concurrency = 16, maxAttempts = 6 } = deps;
  const subscriptions: Subscription[] = [];
  const batchesOf = new Map<Subscription, Batches<Delivery>>();
  /** Of messages that have failed somewhere: by id, the queues that are done with it and the attempts of the others. */
  const unfinished = new Map<string, Map<string, number | "done">>();
  const atWork = new Set<Promise<boolean>>();
  const slot = createSlots(concurrency);
  let accepting = true;

  async function handOver(envelope: Envelope): Promise<boolean> {
    if (!accepting) return false;
    const labels = { exchange: envelope.exchange, routing_key: envelope.routingKey };
    published.inc(labels);
    const receivers = subscriptions.filter(({ bindings }) => bindings.some((binding) => matches(binding, envelope)));
    if (receivers.length === 0 && envelope.mandatory) {
      returned.inc(labels);
      log.error({ event: "message_unroutable", ...labels, type: envelope.type }, "no queue receives this message");
      return false;
    }
    const outcomes = await Promise.all(receivers.map((receiver) => deliverOnce(receiver, envelope)));
    if (outcomes.includes(false)) return false;
    unfinished.delete(envelope.id);
    confirmed.inc(labels);
    return true;
  }

  async function deliverOnce(subscription: Subscription, envelope: Envelope): Promise<boolean> {
    const progress = unfinished.get(envelope.id)?.get(subscription.queue);
    if (progress === "done") return true;
    const delivery = toDelivery(envelope, (progress ?? 0) + 1);
    const isBatched = delivery.type === subscription.batch?.type && delivery.attempt === 1;
    const batches = isBatched ? batchesOf.get(subscription) : undefined;
    const work = batches?.add(delivery) ?? slot(() => deliver(subscription, delivery));
    atWork.add(work);
    try {
      return await work;
    } finally {
      atWork.delete(work);
    }
  }

  async function deliver(subscription: Subscription, delivery: Delivery): Promise<boolean> {
    if (!accepting) return false;
    const { queue, handle } = subscription;
    try {
      await handle(delivery);
      countConsumed(queue, [delivery]);
    } catch (error) {
      if (!(await giveUp(subscription, delivery, error))) return false;
    }
    remember(delivery.id, queue, "done");
    return true;
  }

  function gather(subscription: Subscription, { size, handle }: BatchHandling): Batches<Delivery> {
    const { queue } = subscription;
    return createBatches<Delivery>({
      size,
      alone: (delivery) => slot(() => deliver(subscription, delivery)),
      async together(deliveries) {
        if (!accepting) return false;
        try {
          await slot(() => handle(deliveries));
        } catch (error) {
          const fields = { queue, messages: deliveries.length, error: describeError(error) };
          log.warn({ event: "batch_failed", ...fields }, "smaller batches are tried");
          return false;
        }
        countConsumed(queue, deliveries);
        for (const { id } of deliveries) remember(id, queue, "done");
        return true;
      },
    });
  }

  /** False when the message gets another attempt. */
  async function giveUp(subscription: Subscription, delivery: Delivery, error: unknown): Promise<boolean> {
    const { queue } = subscription;
    const { id: messageId, type, subject, attempt } = delivery;
    const about = { queue, messageId, type, subject, traceId: traceIdOf(delivery.traceparent) };
    const fields = { ...about, attempt, error: describeError(error) };
    if (isUnavailable(error)) {
      log.warn({ event: "consumer_paused", ...fields }, "the message waits");
      return false;
    }
    const failure = verdict(error, attempt, maxAttempts);
    if (failure === undefined) {
      retried.inc({ queue });
      log.warn({ event: "message_retried", ...fields }, "the message gets another attempt");
      remember(messageId, queue, attempt);
      return false;
    }
    return await bury(subscription, delivery, failure, fields);
  }

  async function bury(
    { queue, keepDeadLetter }: Subscription,
    delivery: Delivery,
    failure: PermanentFailure,
    fields: object,
  ): Promise<boolean> {
    const { id, type, source, subject, traceparent, attempt, data } = delivery;
    try {
      await keepDeadLetter?.({
        ...{ queue, messageId: id, type, source, subject, traceparent, attempts: attempt },
        ...{ reason: failure.reason, detail: failure.message, data: JSON.stringify(data) },
      });
    } catch (error) {
      log.error({ event: "dead_letter_not_kept", ...fields, error: describeError(error) }, "the dead letter waits");
      return false;
    }
    deadLettered.inc({ queue, reason: failure.reason });
    log.error({ event: "message_dead", reason: failure.reason, ...fields }, "the message is given up");
    return true;
  }

  function remember(id: string, queue: string, progress: number | "done"): void {
    const queues = unfinished.get(id) ?? new Map<string, number | "done">();
    unfinished.set(id, queues.set(queue, progress));
  }

  async function stop(): Promise<void> {
    accepting = false;
    await Promise.all(atWork);
  }

  return {
    inProcess: true,
    async publish(envelopes) {
      const outcomes = await Promise.all(envelopes.map(handOver));
      return new Set(envelopes.filter((_, index) => outcomes[index]).map(({ id }) => id));
    },
    async subscribe(subscription) {
      if (subscription.batch !== undefined) batchesOf.set(subscription, gather(subscription, subscription.batch));
      subscriptions.push(subscription);
    },
    ready: () => accepting,
    drain: stop,
    close: stop,
  };
}

const matches = (binding: { exchange: string; routingKey: string }, envelope: Envelope): boolean =>
  binding.exchange === envelope.exchange && binding.routingKey === envelope.routingKey;

/** A copy, as if it had travelled: a handler cannot change what another one sees. */
const toDelivery = (envelope: Envelope, attempt: number): Delivery => ({
  id: envelope.id,
  type: envelope.type,
  source: envelope.source,
  subject: envelope.subject,
  time: new Date(envelope.time),
  traceparent: envelope.traceparent,
  data: structuredClone(envelope.data),
  attempt,
});

/** Runs what it is given, so many at a time, in order. */
function createSlots(count: number): <T>(work: () => Promise<T>) => Promise<T> {
  const queue: (() => void)[] = [];
  let free = count;
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => queue.push(resolve));
    try {
      return await work();
    } finally {
      const next = queue.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
