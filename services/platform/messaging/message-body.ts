import {
  create,
  type DescMessage,
  fromJson,
  type JsonObject,
  type MessageInitShape,
  type MessageShape,
  toJson,
} from "@bufbuild/protobuf";
import { createValidator } from "@bufbuild/protovalidate";
import { type Delivery, type Envelope, PermanentFailure } from "./message.ts";

const validator = createValidator();

/** Anything that comes over a queue is external input: an unreadable or impossible body is a PermanentFailure. */
export function readBody<D extends DescMessage>(schema: D, delivery: Delivery): MessageShape<D> {
  let message: MessageShape<D>;
  try {
    message = fromJson(schema, delivery.data, { ignoreUnknownFields: true });
  } catch (cause) {
    throw new PermanentFailure("UNREADABLE_BODY", `not a ${schema.typeName}`, { cause });
  }
  const result = validator.validate(schema, message);
  if (result.kind !== "valid") throw new PermanentFailure("INVALID_BODY", `a rule of ${schema.typeName} is broken`);
  return message;
}

/** A command: to one queue, which must exist. */
export function command<D extends DescMessage>(
  schema: D,
  body: MessageInitShape<D>,
  to: Omit<Envelope, "type" | "data" | "exchange" | "mandatory">,
): Envelope {
  return { ...to, exchange: "limen.commands", mandatory: true, type: schema.typeName, data: encode(schema, body) };
}

/** An event: to whoever is bound to its type. `mandatory` when a Limen queue must receive it. */
export function event<D extends DescMessage>(
  schema: D,
  body: MessageInitShape<D>,
  from: Omit<Envelope, "type" | "data" | "exchange" | "routingKey">,
): Envelope {
  return {
    ...from,
    exchange: "limen.events",
    routingKey: schema.typeName,
    type: schema.typeName,
    data: encode(schema, body),
  };
}

const encode = <D extends DescMessage>(schema: D, body: MessageInitShape<D>): JsonObject =>
  toJson(schema, create(schema, body)) as JsonObject;

type Handlers = Readonly<Record<string, (delivery: Delivery) => Promise<void>>>;

/** Hands each delivery to the handler of its type; an unknown type is a PermanentFailure. */
export function routeByType(handlers: Handlers): (delivery: Delivery) => Promise<void> {
  return async (delivery) => {
    const handle = Object.hasOwn(handlers, delivery.type) ? handlers[delivery.type] : undefined;
    if (handle === undefined) {
      throw new PermanentFailure("UNKNOWN_TYPE", `nobody here handles ${delivery.type.slice(0, 200)}`);
    }
    await handle(delivery);
  };
}
