import type { Log } from "../log.ts";
import { traceIdOf, traceparentFrom } from "../trace.ts";
import { errorType, type Span, type Spans, spans } from "../tracing/spans.ts";
import type { Delivery, Envelope, Publisher, Subscription, Transport } from "./message.ts";

/**
 * The transport, with a line in the log for every message that was consumed, and a span for every message that is sent or
 * consumed where spans are recorded. A message that belongs to no trace begins one where it is consumed.
 */
export function observeMessages(transport: Transport, { log }: { readonly log: Pick<Log, "info"> }): Transport {
  const system = transport.inProcess ? "in_process" : "rabbitmq";
  return {
    ...transport,
    publish: (envelopes) =>
      spans === undefined ? transport.publish(envelopes) : publishTraced(transport, { spans, system }, envelopes),
    subscribe: (subscription) => transport.subscribe(observeSubscription(subscription, { log, system })),
  };
}

async function publishTraced(
  transport: Publisher,
  { spans, system }: { readonly spans: Spans; readonly system: string },
  envelopes: readonly Envelope[],
): Promise<ReadonlySet<string>> {
  const started = envelopes.map((envelope) => {
    // What belongs to no trace does not begin one by being sent, least of all each time that it is sent again.
    if (envelope.traceparent === "") return { envelope, span: undefined };
    const { exchange, routingKey } = envelope;
    const span = spans.start({
      name: `send ${exchange === "limen.commands" ? routingKey : exchange}`,
      kind: "producer",
      parent: envelope.traceparent,
      attributes: {
        ...attributesOf(envelope, system),
        "messaging.operation.type": "send",
        "messaging.operation.name": "publish",
        "messaging.destination.name": exchange,
        "messaging.rabbitmq.destination.routing_key": routingKey,
      },
    });
    return { envelope: { ...envelope, traceparent: span.traceparent }, span };
  });
  const handedOver = await transport.publish(started.map(({ envelope }) => envelope));
  for (const { envelope, span } of started) {
    span?.end(handedOver.has(envelope.id) ? {} : { error: "NOT_CONFIRMED" });
  }
  return handedOver;
}

function observeSubscription(
  subscription: Subscription,
  { log, system }: { readonly log: Pick<Log, "info">; readonly system: string },
): Subscription {
  const { queue, handle, batch } = subscription;

  async function observe(
    deliveries: readonly Delivery[],
    work: (traced: readonly Delivery[]) => Promise<void>,
  ): Promise<void> {
    const start = performance.now();
    const started = deliveries.map((delivery) => begin(delivery, { queue, system, batchSize: deliveries.length }));
    const end = (outcome?: { error: string }) => started.forEach(({ span }) => void span?.end(outcome));
    try {
      await work(started.map(({ delivery }) => delivery));
    } catch (error) {
      end({ error: errorType(error) });
      throw error;
    }
    end();
    const durationMs = Math.round((performance.now() - start) * 10) / 10;
    for (const { delivery } of started) {
      const { id: messageId, type, subject, attempt, traceparent } = delivery;
      const fields = { queue, messageId, type, subject, attempt, durationMs, traceId: traceIdOf(traceparent) };
      log.info({ event: "message_consumed", ...fields }, "consumed");
    }
  }

  return {
    ...subscription,
    handle: (delivery) => observe([delivery], ([traced = delivery]) => handle(traced)),
    ...(batch && { batch: { ...batch, handle: (deliveries) => observe(deliveries, batch.handle) } }),
  };
}

function begin(
  delivery: Delivery,
  { queue, system, batchSize }: { readonly queue: string; readonly system: string; readonly batchSize: number },
): { delivery: Delivery; span: Span | undefined } {
  const span = spans?.start({
    name: `process ${queue}`,
    kind: "consumer",
    parent: delivery.traceparent,
    attributes: {
      ...attributesOf(delivery, system),
      "messaging.operation.type": "process",
      "messaging.operation.name": "process",
      "messaging.destination.name": queue,
      "messaging.batch.message_count": batchSize,
    },
  });
  const traceparent = span?.traceparent ?? traceparentFrom(delivery.traceparent);
  return { delivery: traceparent === delivery.traceparent ? delivery : { ...delivery, traceparent }, span };
}

/** By https://opentelemetry.io/docs/specs/semconv/messaging/; the body stays out of it. */
const attributesOf = ({ id, type, subject }: Pick<Delivery, "id" | "type" | "subject">, system: string) => ({
  "messaging.system": system,
  "messaging.message.id": id,
  "limen.message.type": type,
  "limen.message.subject": subject,
});
