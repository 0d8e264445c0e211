import type { ConsumeMessage } from "amqplib";
import type { DeadLetter, PermanentFailure } from "./message.ts";
import { attemptHeader, type Outgoing, readAttempt, readAttributes } from "./rabbitmq-message.ts";
import { deadLetterExchange, retryExchange, retryQueue } from "./rabbitmq-topology.ts";

const reasonHeader = "x-limen-reason";
const errorHeader = "x-limen-error";

/** The message as it goes into the retry queue, from which it comes back when its time is over. */
export const toRetry = (message: ConsumeMessage, queue: string): Outgoing => ({
  exchange: retryExchange,
  routingKey: retryQueue(queue),
  ...copy(message, { [attemptHeader]: readAttempt(message) + 1 }),
});

export const toDeadLetter = (message: ConsumeMessage, queue: string, failure: PermanentFailure): Outgoing => ({
  exchange: deadLetterExchange,
  routingKey: queue,
  ...copy(message, {
    [attemptHeader]: readAttempt(message),
    [reasonHeader]: failure.reason,
    [errorHeader]: failure.message.slice(0, 500),
  }),
});

/** A message without our reason was dead-lettered by the broker, because its consumers died with it too often. */
export function readDeadLetter(message: ConsumeMessage, queue: string): DeadLetter {
  const { id, type, source, subject, traceparent } = readAttributes(message);
  const headers: Record<string, unknown> = message.properties.headers ?? {};
  const reason = headers[reasonHeader];
  const detail = headers[errorHeader];
  return {
    queue,
    messageId: id,
    type,
    source,
    subject,
    traceparent,
    reason: typeof reason === "string" ? reason : "DELIVERY_LIMIT",
    detail: typeof detail === "string" ? detail : "",
    attempts: readAttempt(message),
    data: message.content.toString("utf8").replaceAll("\0", "\uFFFD"),
  };
}

const ownHeaders = /^(cloudEvents:(specversion|id|type|source|subject|time)|traceparent)$/;

/**
 * Only what Limen reads. Brokers up to 3.13 act on `x-death`, every broker acts on `CC`, `expiration` and `userId`, and a
 * header too large to send again would hold up the queue.
 */
function copy({ content, properties }: ConsumeMessage, added: Record<string, string | number>) {
  const kept = Object.entries(properties.headers ?? {}).filter(
    ([name, value]) => ownHeaders.test(name) && typeof value === "string" && value.length <= 1_000,
  );
  const { messageId, type, appId, timestamp, contentType, contentEncoding } = properties;
  return {
    mandatory: true,
    content,
    properties: {
      ...Object.fromEntries(
        Object.entries({ messageId, type, appId, timestamp, contentType, contentEncoding }).filter(
          ([, value]) => value !== undefined,
        ),
      ),
      persistent: true,
      headers: { ...Object.fromEntries(kept), ...added },
    },
  };
}
