import type { Service } from "./databases.ts";
import type { DeadLetter } from "./dead-letters.ts";
import { limenQueues } from "./limen-queues.ts";

/** How a dead letter gets back to the queue that gave it up. */
export interface ReplayRoute {
  /** Whose outbox: the one whose broker user may send this. */
  readonly via: Service;
  readonly exchange: string;
  readonly routingKey: string;
}

/** Why it cannot: sent as it is, it would not arrive, or hold up the outbox. */
export interface NoRoute {
  readonly why: string;
}

type Letter = Pick<DeadLetter, "queue" | "messageId" | "type" | "data">;

/**
 * A command goes to its queue. An event goes out again under its type, by the outbox of the service that it is an event
 * of: to whoever is bound to it, and those who had it already know its id.
 */
export function routeOf({ queue: name, messageId, type, data }: Letter): ReplayRoute | NoRoute {
  const queue = limenQueues.find((each) => each.name === name);
  if (queue === undefined) return { why: `Limen has no queue ${name}` };
  if (!uuid.test(messageId)) return { why: "its message id is no UUID" };
  if (type === "") return { why: "its type is missing" };
  if (!isJsonObject(data)) return { why: "its body is no JSON object that the outbox can hold" };
  const { consumer, exchange, eventTypes } = queue;
  if (exchange === "limen.commands") return { via: consumer, exchange, routingKey: name };
  if (!eventTypes.includes(type)) return { why: `${name} receives no events of this type` };
  return { via: type.startsWith("limen.users.") ? "users" : "auth", exchange, routingKey: type };
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** PostgreSQL's jsonb has no place for NUL and for halves of surrogate pairs. */
function isJsonObject(text: string): boolean {
  try {
    let fits = true;
    const body: unknown = JSON.parse(text, (key, value: unknown) => {
      for (const each of [key, value])
        if (typeof each === "string") fits &&= each.isWellFormed() && !each.includes("\0");
      return value;
    });
    return fits && typeof body === "object" && body !== null && !Array.isArray(body);
  } catch {
    return false;
  }
}
