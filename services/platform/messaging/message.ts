import type { JsonObject } from "@bufbuild/protobuf";

/**
 * A message between services: CloudEvents 1.0 attributes and a protobuf-JSON body. Over AMQP the attributes travel as
 * properties and headers (binary mode), so that any client can read them without decoding the body.
 */
export interface Message {
  /** UUID; the CloudEvents id, the AMQP message id and the key of the receiver's inbox. */
  readonly id: string;
  /** Full protobuf name of the body's type, e.g. "limen.users.v1.CreateUser". */
  readonly type: string;
  /** Who sent it: "users" or "auth". */
  readonly source: string;
  /** Id of what the message is about. */
  readonly subject: string;
  readonly time: Date;
  /** W3C trace context of the work that caused it; empty when there is none. */
  readonly traceparent: string;
  readonly data: JsonObject;
}

/** A message and where it goes. */
export interface Envelope extends Message {
  readonly exchange: Exchange;
  /** The queue's name for a command; the message type for an event. */
  readonly routingKey: string;
  /** A Limen queue must receive it: with nobody listening, publishing has failed. */
  readonly mandatory: boolean;
}

export type Exchange = "limen.commands" | "limen.events";

/** A message as it reaches a handler. */
export interface Delivery extends Message {
  /** 1 at the first delivery, one more after each failed one. */
  readonly attempt: number;
}

/** Messages that a queue receives: its own commands, or the named event types. */
export interface Binding {
  readonly exchange: Exchange;
  readonly routingKey: string;
}

export interface Subscription {
  readonly queue: string;
  readonly bindings: readonly Binding[];
  /**
   * Resolves when the message's effect is committed; only then is it acknowledged. A PermanentFailure sends it to the
   * dead letters at once, any other error sends it back for another attempt later.
   */
  readonly handle: (delivery: Delivery) => Promise<void>;
  /** For messages of which many cost little more than one. Those that have failed before still go to `handle`. */
  readonly batch?: BatchHandling;
  /**
   * Where the queue's dead letters are kept. Resolves when the letter is; until then it is offered again and again.
   * Without it they stay in the broker, and in process they are only logged.
   */
  readonly keepDeadLetter?: (letter: DeadLetter) => Promise<void>;
}

export interface BatchHandling {
  /** The one type of message that is handled so. */
  readonly type: string;
  /** Deliveries at most. What has arrived is handled at once: a batch is never waited for. */
  readonly size: number;
  /**
   * Resolves when the effects of all are committed. When it rejects, whatever the error, each half is tried by itself, and
   * what is left alone goes to `handle`: so a batch that was committed in part must stand being repeated.
   */
  readonly handle: (deliveries: readonly Delivery[]) => Promise<void>;
}

/** A message that a queue gave up, as its operator sees it. Attributes that could not be read are empty. */
export interface DeadLetter {
  readonly queue: string;
  readonly messageId: string;
  readonly type: string;
  readonly source: string;
  readonly subject: string;
  readonly traceparent: string;
  /** Why, e.g. "UNKNOWN_TYPE", "ATTEMPTS_EXHAUSTED"; "DELIVERY_LIMIT" when the broker itself gave up. */
  readonly reason: string;
  readonly detail: string;
  readonly attempts: number;
  /** The body as text, without NUL; bytes that are no UTF-8 appear as U+FFFD. */
  readonly data: string;
}

/** What an outbox relay needs: to hand messages over, and to know for each whether it arrived. */
export interface Publisher {
  /**
   * Ids of the messages that were handed over safely (confirmed by the broker, or handled). The others may or may not
   * have arrived and must be sent again. Never throws for a broker that is away: then nothing was handed over.
   */
  publish(envelopes: readonly Envelope[]): Promise<ReadonlySet<string>>;
}

export interface Transport extends Publisher {
  /** Handlers run in this process, while `publish` waits for them: no row lock may be held meanwhile. */
  readonly inProcess: boolean;
  /** Consumes from now on, and after every reconnection, until the transport is closed. */
  subscribe(subscription: Subscription): Promise<void>;
  /** True while messages can be handed over and subscriptions are consuming. */
  ready(): boolean;
  /** Stops taking new deliveries and waits for those at work. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

/** Handling this message can never succeed: unknown type, unreadable body, impossible content. */
export class PermanentFailure extends Error {
  override readonly name = "PermanentFailure";
  /** For the person who looks at the dead letter, e.g. "UNKNOWN_TYPE". */
  readonly reason: string;

  constructor(reason: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
