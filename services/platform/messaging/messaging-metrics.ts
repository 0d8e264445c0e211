import { Counter, Gauge, Histogram } from "prom-client";
import type { Message } from "./message.ts";

interface Address {
  readonly exchange: string;
  readonly routingKey: string;
}

const address = ["exchange", "routing_key"] as const;

export const published = new Counter({
  name: "limen_messages_published_total",
  help: "Messages given to the transport, repeats included",
  labelNames: address,
});

export const confirmed = new Counter({
  name: "limen_messages_confirmed_total",
  help: "Messages that were handed over safely",
  labelNames: address,
});

/** One of the two above, raised for many messages at once: each raise looks its labels up. */
export function countMessages(counter: Counter<"exchange" | "routing_key">, messages: Iterable<Address>): void {
  const counts = new Map<string, { readonly labels: { exchange: string; routing_key: string }; count: number }>();
  for (const { exchange, routingKey } of messages) {
    const name = `${exchange} ${routingKey}`;
    const counted = counts.get(name);
    if (counted === undefined) counts.set(name, { labels: { exchange, routing_key: routingKey }, count: 1 });
    else counted.count += 1;
  }
  for (const { labels, count } of counts.values()) counter.inc(labels, count);
}

export const returned = new Counter({
  name: "limen_messages_returned_total",
  help: "Mandatory messages that no queue received; anything but zero needs an operator",
  labelNames: address,
});

const consumed = new Counter({
  name: "limen_messages_consumed_total",
  help: "Deliveries whose effect was committed",
  labelNames: ["queue"] as const,
});

const lag = new Histogram({
  name: "limen_message_lag_seconds",
  help: "From what a message tells of to its effect here",
  labelNames: ["queue"] as const,
  buckets: [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1_000],
});

/** The effects of these messages of a queue are committed. */
export function countConsumed(queue: string, messages: readonly Pick<Message, "time">[]): void {
  consumed.inc({ queue }, messages.length);
  const here = lag.labels({ queue });
  const now = Date.now();
  for (const { time } of messages) here.observe(Math.max(0, now - time.getTime()) / 1_000);
}

export const retried = new Counter({
  name: "limen_messages_retried_total",
  help: "Deliveries that failed and get another attempt",
  labelNames: ["queue"] as const,
});

export const deadLettered = new Counter({
  name: "limen_messages_dead_lettered_total",
  help: "Messages given up, by reason",
  labelNames: ["queue", "reason"] as const,
});

export const paused = new Counter({
  name: "limen_consumer_pauses_total",
  help: "Deliveries held back because something the handler needs was down",
  labelNames: ["queue"] as const,
});

export const connected = new Gauge({
  name: "limen_broker_connected",
  help: "1 while the connection is up and set up",
  labelNames: ["client", "connection"] as const,
});

export const blockedByBroker = new Gauge({
  name: "limen_broker_blocked",
  help: "1 while the broker takes no messages: it is short of memory or disk",
  labelNames: ["client"] as const,
});

export const waiting = new Gauge({
  name: "limen_queue_messages",
  help: "Messages ready in the queue, seen every few seconds by its consumer",
  labelNames: ["queue"] as const,
});

export const queueSound = new Gauge({
  name: "limen_queue_sound",
  help: "1 while the queue confirms the canaries that are published to it every few seconds",
  labelNames: ["queue"] as const,
});

export const outboxRows = new Gauge({
  name: "limen_outbox_rows",
  help: "Messages that wait in the outbox",
  labelNames: ["schema"] as const,
});

export const deadLetters = new Gauge({
  name: "limen_dead_letters",
  help: "Dead letters that wait for an operator",
  labelNames: ["queue"] as const,
});

export const outboxAge = new Gauge({
  name: "limen_outbox_age_seconds",
  help: "For how long the oldest message has waited in the outbox; 0 when it is empty",
  labelNames: ["schema"] as const,
});
