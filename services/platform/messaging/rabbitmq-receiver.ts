import type { ConsumeMessage } from "amqplib";
import type { Limiter } from "../limiter.ts";
import { describeError, type Log } from "../log.ts";
import { traceIdOf } from "../trace.ts";
import { isUnavailable, verdict } from "./failure.ts";
import type { BatchHandling, Subscription } from "./message.ts";
import { countConsumed, deadLettered, paused, retried } from "./messaging-metrics.ts";
import type { PauseGate } from "./pause-gate.ts";
import type { BatchReceiver, Receiver } from "./rabbitmq-consumer.ts";
import { decode, type Outgoing, readAttempt, readAttributes } from "./rabbitmq-message.ts";
import { readDeadLetter, toDeadLetter, toRetry } from "./rabbitmq-redirect.ts";

interface ReceiverDeps {
  readonly subscription: Subscription;
  readonly maxAttempts: number;
  /** True when the message has safely arrived. */
  send(message: Outgoing): Promise<boolean>;
  readonly gate: PauseGate;
  /** For the handlers alone: a message that waits for anything else must not keep others from being handled. */
  readonly limited: Limiter;
  readonly log: Log;
}

/**
 * Handles a message, or moves it to the retry queue or the dead letters.
 *
 * While something that the handler needs is down, messages wait here, unacknowledged. The prefetch window is then full and
 * the broker sends no more. Requeuing them instead would count toward the delivery limit, and an outage of minutes would
 * kill innocent messages.
 */
export function createReceiver({ subscription, maxAttempts, send, gate, limited, log }: ReceiverDeps): Receiver {
  const { queue, handle, batch } = subscription;

  /** Undefined when it was handled; else where it must go. Throws when it can be tried again here. */
  async function attempt(message: ConsumeMessage): Promise<Outgoing | undefined> {
    try {
      const delivery = decode(message);
      await limited(() => handle(delivery));
      countConsumed(queue, [delivery]);
      return undefined;
    } catch (error) {
      if (isUnavailable(error)) throw error;
      return redirect(message, error);
    }
  }

  function redirect(message: ConsumeMessage, error: unknown): Outgoing {
    const count = readAttempt(message);
    const { id: messageId, type, subject, traceparent } = readAttributes(message);
    const about = { queue, messageId, type, subject, traceId: traceIdOf(traceparent) };
    const fields = { ...about, attempt: count, error: describeError(error) };
    const failure = verdict(error, count, maxAttempts);
    if (failure === undefined) {
      retried.inc({ queue });
      log.warn({ event: "message_retried", ...fields }, "the message gets another attempt");
      return toRetry(message, queue);
    }
    deadLettered.inc({ queue, reason: failure.reason });
    log.error({ event: "message_dead", reason: failure.reason, ...fields }, "the message is given up");
    return toDeadLetter(message, queue, failure);
  }

  async function receive(message: ConsumeMessage, over: AbortSignal): Promise<boolean> {
    let elsewhere: Outgoing | undefined;
    return await persevere(gate, over, async () => {
      try {
        elsewhere ??= await attempt(message);
      } catch (error) {
        paused.inc({ queue });
        log.warn({ event: "consumer_paused", queue, error: describeError(error) }, "the message waits");
        return false;
      }
      return elsewhere === undefined || (await send(elsewhere));
    });
  }

  return batch === undefined
    ? { receive }
    : { receive, batch: createBatchReceiver({ queue, batch, gate, limited, log }) };
}

/** Handles messages together. What goes wrong is judged when each of them is handled alone. */
function createBatchReceiver(
  deps: Pick<ReceiverDeps, "gate" | "limited" | "log"> & { queue: string; batch: BatchHandling },
): BatchReceiver {
  const { queue, batch, gate, limited, log } = deps;
  return {
    size: batch.size,
    takes: (message) => readAttributes(message).type === batch.type && readAttempt(message) === 1,
    async receive(messages, over) {
      await gate.opened();
      if (over.aborted) return false;
      try {
        const deliveries = messages.map(decode);
        await limited(() => batch.handle(deliveries));
        countConsumed(queue, deliveries);
      } catch (error) {
        const fields = { queue, messages: messages.length, error: describeError(error) };
        log.warn({ event: "batch_failed", ...fields }, "smaller batches are tried");
        return false;
      }
      gate.reset();
      return true;
    },
  };
}

/** Gives each dead letter to whoever keeps them, until it is kept. */
export function createDeadLetterReceiver(deps: {
  queue: string;
  keepDeadLetter: NonNullable<Subscription["keepDeadLetter"]>;
  gate: PauseGate;
  log: Log;
}): Receiver {
  return {
    receive: (message, over) =>
      persevere(deps.gate, over, async () => {
        try {
          await deps.keepDeadLetter(readDeadLetter(message, deps.queue));
          return true;
        } catch (error) {
          const fields = { queue: deps.queue, messageId: message.properties.messageId, error: describeError(error) };
          deps.log.error({ event: "dead_letter_not_kept", ...fields }, "the dead letter waits");
          return false;
        }
      }),
  };
}

/** Takes the step until it says true, pausing after each false. */
async function persevere(gate: PauseGate, over: AbortSignal, step: () => Promise<boolean>): Promise<boolean> {
  for (;;) {
    await gate.opened();
    if (over.aborted) return false;
    if (await step()) {
      gate.reset();
      return true;
    }
    gate.pause();
  }
}
