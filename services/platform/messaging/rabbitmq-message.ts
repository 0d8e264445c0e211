import type { ConsumeMessage, Options } from "amqplib";
import { type Delivery, type Envelope, type Message, PermanentFailure } from "./message.ts";

/** A message on its way to the broker. */
export interface Outgoing {
  readonly exchange: string;
  readonly routingKey: string;
  readonly mandatory: boolean;
  readonly content: Buffer;
  readonly properties: Options.Publish;
}

export const attemptHeader = "x-limen-attempt";

/**
 * CloudEvents 1.0 in binary mode: attributes as headers with the prefix of the AMQP binding (section 3.1.3.1), repeated
 * in the properties of AMQP 0-9-1 that mean the same, and the body by itself.
 */
export function encode(envelope: Envelope): Outgoing {
  const { id, type, source, subject, time, traceparent } = envelope;
  return {
    exchange: envelope.exchange,
    routingKey: envelope.routingKey,
    mandatory: envelope.mandatory,
    content: Buffer.from(JSON.stringify(envelope.data)),
    properties: {
      messageId: id,
      type,
      appId: source,
      timestamp: Math.floor(time.getTime() / 1000),
      contentType: "application/json",
      persistent: true,
      headers: {
        "cloudEvents:specversion": "1.0",
        "cloudEvents:id": id,
        "cloudEvents:type": type,
        "cloudEvents:source": source,
        "cloudEvents:subject": subject,
        "cloudEvents:time": time.toISOString(),
        ...(traceparent === "" ? {} : { traceparent }),
      },
    },
  };
}

/** Throws PermanentFailure: what came over a queue is external input. */
export function decode(message: ConsumeMessage): Delivery {
  const attributes = readAttributes(message);
  if (!uuid.test(attributes.id)) throw unreadable("the message id is not a UUID");
  if (attributes.type === "") throw unreadable("the type is missing");
  if (Number.isNaN(attributes.time.getTime())) throw unreadable("the time is malformed");
  return { ...attributes, data: readBody(message.content), attempt: readAttempt(message) };
}

/** As far as they can be read: what is missing is "", or an invalid Date. */
export function readAttributes({ properties }: ConsumeMessage): Omit<Message, "data"> {
  const headers: Record<string, unknown> = properties.headers ?? {};
  const read = (name: string, property?: unknown) => text(headers[`cloudEvents:${name}`]) || text(property);
  return {
    id: read("id", properties.messageId),
    type: read("type", properties.type),
    source: read("source", properties.appId),
    subject: read("subject"),
    time: new Date(read("time") || Number(properties.timestamp) * 1000),
    traceparent: text(headers.traceparent),
  };
}

export function readAttempt({ properties }: ConsumeMessage): number {
  const attempt: unknown = properties.headers?.[attemptHeader];
  return typeof attempt === "number" && Number.isInteger(attempt) && attempt > 0 ? attempt : 1;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const utf8 = new TextDecoder("utf-8", { fatal: true });
const text = (value: unknown): string => (typeof value === "string" ? value : "");
const unreadable = (why: string, cause?: unknown) => new PermanentFailure("MALFORMED_MESSAGE", why, { cause });

function readBody(content: Buffer): Message["data"] {
  let body: unknown;
  try {
    body = JSON.parse(utf8.decode(content));
  } catch (cause) {
    throw unreadable("the body is not JSON in UTF-8", cause);
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw unreadable("the body is not an object");
  return body as Message["data"];
}
