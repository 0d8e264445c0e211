import { Counter, Gauge } from "prom-client";

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

export const returned = new Counter({
  name: "limen_messages_returned_total",
  help: "Mandatory messages that no queue received; anything but zero needs an operator",
  labelNames: address,
});

export const consumed = new Counter({
  name: "limen_messages_consumed_total",
  help: "Deliveries whose effect was committed",
  labelNames: ["queue"] as const,
});

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
  labelNames: ["client", "role"] as const,
});

export const waiting = new Gauge({
  name: "limen_queue_messages",
  help: "Messages ready in the queue, seen every few seconds by its consumer",
  labelNames: ["queue"] as const,
});
