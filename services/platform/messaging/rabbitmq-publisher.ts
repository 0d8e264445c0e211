import { IllegalOperationError } from "amqplib";
import { failpoints } from "../failpoints.ts";
import { describeError, type Log } from "../log.ts";
import { within } from "../timing.ts";
import { blockedByBroker, confirmed, countMessages, published, returned } from "./messaging-metrics.ts";
import type { Outgoing } from "./rabbitmq-message.ts";
import type { Session } from "./rabbitmq-supervisor.ts";
import { declareExchanges } from "./rabbitmq-topology.ts";

/** Publishes on one connection. */
export interface RabbitMqPublisher {
  /** Those that the broker has confirmed and did not return. Never throws. */
  send(messages: readonly Outgoing[]): Promise<ReadonlySet<Outgoing>>;
  /** True while the broker takes no messages: it is short of memory or disk. */
  blocked(): boolean;
  /** Rejects when the connection is of no use any more. */
  check(): Promise<void>;
}

interface Batch {
  readonly confirmed: Set<Outgoing>;
  /** Addresses of returned messages. A return arrives before the confirm of the same message. */
  readonly returned: Set<string>;
  readonly over: PromiseWithResolvers<void>;
}

export async function openRabbitMqPublisher(
  session: Session,
  { log, client, confirmTimeoutMs }: { log: Log; client: string; confirmTimeoutMs: number },
): Promise<RabbitMqPublisher> {
  const { connection, ended } = session;
  await declareExchanges(connection);
  const channel = await connection.createConfirmChannel();
  channel.on("error", session.fail);
  channel.on("close", () => session.fail(new Error("the publishing channel was closed")));
  const checks = await connection.createChannel();
  checks.on("error", session.fail);

  const batches = new Set<Batch>();
  let blocked = false;
  blockedByBroker.set({ client }, 0);
  let writable = Promise.withResolvers<void>();

  channel.on("return", ({ fields, properties }) => {
    returned.inc({ exchange: fields.exchange, routing_key: fields.routingKey });
    log.error(
      { event: "message_unroutable", exchange: fields.exchange, routingKey: fields.routingKey, type: properties.type },
      "no queue receives this message",
    );
    // A message of the same address in another batch under way is sent again as well, which does no harm.
    for (const batch of batches) batch.returned.add(address(fields, properties));
  });
  channel.on("drain", () => {
    writable.resolve();
    writable = Promise.withResolvers<void>();
  });
  connection.on("blocked", (reason) => {
    blocked = true;
    blockedByBroker.set({ client }, 1);
    log.warn({ event: "broker_blocked", reason }, "the broker takes no messages");
    for (const batch of batches) batch.over.resolve();
  });
  connection.on("unblocked", () => {
    blocked = false;
    blockedByBroker.set({ client }, 0);
  });

  /** Resolves when every message was answered for, or no more answers are to be expected. */
  async function write(messages: readonly Outgoing[], batch: Batch): Promise<void> {
    let unanswered = messages.length;
    const answered = () => {
      unanswered -= 1;
      if (unanswered === 0) batch.over.resolve();
    };
    countMessages(published, messages);
    for (const message of messages) {
      if (ended.aborted || blocked) return;
      const options = { ...message.properties, mandatory: message.mandatory };
      try {
        const room = channel.publish(
          message.exchange,
          message.routingKey,
          message.content,
          options,
          (error: unknown) => {
            if (error === null) batch.confirmed.add(message);
            answered();
          },
        );
        if (!room) await Promise.race([writable.promise, batch.over.promise]);
      } catch (error) {
        if (error instanceof IllegalOperationError) return;
        // This message cannot be encoded; the others can.
        log.error(
          { event: "message_unpublishable", type: message.properties.type, error: describeError(error) },
          "the message cannot be sent",
        );
        answered();
      }
    }
    failpoints?.pass("relay.after_publish");
    await batch.over.promise;
  }

  return {
    async send(messages) {
      if (messages.length === 0 || blocked || ended.aborted) return new Set();
      const batch: Batch = { confirmed: new Set(), returned: new Set(), over: Promise.withResolvers() };
      batches.add(batch);
      try {
        await within(confirmTimeoutMs, "the broker's confirm", write(messages, batch));
      } catch (error) {
        session.fail(error instanceof Error ? error : new Error(String(error)));
      } finally {
        batch.over.resolve();
        batches.delete(batch);
      }
      const handedOver = withoutReturned(batch);
      countMessages(confirmed, handedOver);
      return handedOver;
    },
    blocked: () => blocked,
    async check() {
      if (!blocked) await checks.checkExchange("limen.events");
    },
  };
}

const address = (to: { exchange: string; routingKey: string }, { messageId }: { messageId?: string }): string =>
  `${to.exchange} ${to.routingKey} ${messageId ?? ""}`;

/** Returns are rare, and addresses to compare with cost as much as half of publishing. */
function withoutReturned({ confirmed, returned }: Batch): ReadonlySet<Outgoing> {
  if (returned.size === 0) return new Set(confirmed);
  return new Set([...confirmed].filter((message) => !returned.has(address(message, message.properties))));
}
