import { createLimiter } from "../limiter.ts";
import { describeError, type Log } from "../log.ts";
import { within } from "../timing.ts";
import type { Envelope, Subscription, Transport } from "./message.ts";
import { createQueueHealth } from "./queue-health.ts";
import { type Canaries, openCanaries } from "./rabbitmq-canary.ts";
import { createRabbitMqConsumers, type RabbitMqConsumers } from "./rabbitmq-consumers.ts";
import { encode, type Outgoing } from "./rabbitmq-message.ts";
import { openRabbitMqPublisher, type RabbitMqPublisher } from "./rabbitmq-publisher.ts";
import { createRabbitMqSupervisor } from "./rabbitmq-supervisor.ts";
import { TopologyMismatch } from "./rabbitmq-topology.ts";

interface RabbitMqTransportDeps {
  readonly url: string;
  /** Shown in the broker's list of connections, e.g. "users-worker". */
  readonly clientName: string;
  readonly log: Log;
  /** How long a failed message waits for its next attempt. Part of the topology: changing it means new queues. */
  readonly retryDelayMs: number;
  /** How many messages of a queue are handled at once. */
  readonly prefetch?: number;
  /**
   * Handlers at work at once, over all queues; 32 unless set. More than there are database connections to spare would only
   * wait for each other, and keep the relay waiting, until they give up.
   */
  readonly handlersAtOnce?: number;
  readonly maxAttempts?: number;
  /** After this long without a confirm, the connection is given up. */
  readonly confirmTimeoutMs?: number;
  /** How soon a line is noticed to be dead; 5 s unless set. */
  readonly heartbeatMs?: number;
  /** How often the connections and the queues are looked after. */
  readonly checkEveryMs?: number;
}

export interface RabbitMqTransport extends Transport {
  /** Resolves after the first attempt to connect, even a failed one: an absent broker is waited for in the background. */
  start(): Promise<void>;
}

const cancelTimeoutMs = 2_000;

/**
 * Two connections, because a broker that is short of disk stops reading from connections that publish; consuming must go
 * on. Each is kept by a supervisor, and whatever lives on it is opened anew with every connection.
 */
export function createRabbitMqTransport(deps: RabbitMqTransportDeps): RabbitMqTransport {
  const { log, retryDelayMs, prefetch = 32, handlersAtOnce = 32, maxAttempts = 6 } = deps;
  const { confirmTimeoutMs = 5_000, heartbeatMs = 5_000, checkEveryMs = 5_000 } = deps;
  const subscriptions = new Set<Subscription>();
  const atWork = new Set<Promise<void>>();
  const limited = createLimiter(handlersAtOnce);
  const health = createQueueHealth(log);
  let consumers: RabbitMqConsumers | null = null;
  let draining = false;

  const publishing = createRabbitMqSupervisor<{ publisher: RabbitMqPublisher; canaries: Canaries }>({
    ...deps,
    heartbeatMs,
    checkEveryMs,
    role: "publish",
    open: async (session) => ({
      publisher: await openRabbitMqPublisher(session, { log, client: deps.clientName, confirmTimeoutMs }),
      canaries: await openCanaries(session, { timeoutMs: checkEveryMs * 0.6 }),
    }),
    async check({ publisher, canaries }) {
      await publisher.check();
      if (publisher.blocked() || draining || consuming.current() === null) return;
      const flown = await Promise.all([...subscriptions].map((subscription) => canaries.fly(subscription)));
      for (const [queue, sound] of flown.flatMap((answers) => [...answers])) health.note(queue, sound);
    },
  });

  const consuming = createRabbitMqSupervisor<RabbitMqConsumers>({
    ...deps,
    heartbeatMs,
    checkEveryMs,
    role: "consume",
    async open(session) {
      const opened = createRabbitMqConsumers({
        session,
        retryDelayMs,
        prefetch,
        maxAttempts,
        limited,
        atWork,
        log,
        send,
      });
      // Known before it is complete, so that a subscription made meanwhile is not missed.
      consumers = opened;
      await Promise.all([...subscriptions].map((subscription) => opened.add(subscription)));
      return opened;
    },
    check: (opened) => opened.check(),
  });

  async function send(message: Outgoing): Promise<boolean> {
    const arrived = await publishing.current()?.publisher.send([message]);
    return arrived?.has(message) ?? false;
  }

  async function publish(envelopes: readonly Envelope[]): Promise<ReadonlySet<string>> {
    const ids = new Map(envelopes.map((envelope) => [encode(envelope), envelope.id]));
    const arrived = (await publishing.current()?.publisher.send([...ids.keys()])) ?? new Set<Outgoing>();
    return new Set([...ids].filter(([message]) => arrived.has(message)).map(([, id]) => id));
  }

  async function subscribe(subscription: Subscription): Promise<void> {
    subscriptions.add(subscription);
    try {
      await publishing.start();
      await consuming.start();
      await consumers?.add(subscription);
    } catch (error) {
      if (error instanceof TopologyMismatch) {
        subscriptions.delete(subscription);
        throw error;
      }
      log.warn({ event: "subscription_delayed", queue: subscription.queue, error: describeError(error) }, "not yet");
    }
  }

  return {
    inProcess: false,
    publish,
    subscribe,
    async start() {
      await publishing.start();
    },
    ready() {
      const publisher = publishing.current()?.publisher;
      if (publisher === undefined || publisher.blocked()) return false;
      return draining || subscriptions.size === 0 || (consuming.current() !== null && health.allSound());
    },
    async drain() {
      draining = true;
      try {
        await within(cancelTimeoutMs, "cancelling", consuming.current()?.cancel() ?? Promise.resolve());
      } catch (error) {
        log.warn({ event: "cancel_failed", error: describeError(error) }, "the connection ends while draining");
      }
      await Promise.all(atWork);
      await consuming.stop();
    },
    async close() {
      await consuming.stop();
      await publishing.stop();
    },
  };
}
