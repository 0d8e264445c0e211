import { type Channel, connect } from "amqplib";
import { within } from "../../services/platform/timing.ts";

/**
 * - ok: there, and its leader answers.
 * - missing: not declared.
 * - no-leader: declared, but nobody answers for it: its nodes are down, or too few of them are up.
 * - unknown: this broker user may not ask.
 */
export type QueueCondition = "ok" | "missing" | "no-leader" | "unknown";

export interface QueueState {
  readonly condition: QueueCondition;
  /** Ready to be delivered; null when that is not known. */
  readonly messages: number | null;
  readonly consumers: number | null;
}

/** What is used of amqplib. */
type Dial = (url: string, options: object) => Promise<Connection>;

interface Connection {
  createChannel(): Promise<Pick<Channel, "checkQueue" | "get" | "nack" | "on">>;
  close(): Promise<void>;
  on(event: "error", listener: (error: unknown) => void): unknown;
}

const answerMs = 5_000;

/**
 * Asks with a passive declaration, which every broker answers without a plugin. RabbitMQ answers "0 messages, 0 consumers"
 * for a quorum queue without a leader too; so who looks that empty is asked for a message. An empty queue says that there
 * is none, a leaderless one ends the connection or stays silent, which is why every queue gets a connection of its own.
 * @throws when the broker cannot be reached or refuses the login.
 */
export async function queueState(url: string, queue: string, dial: Dial = connect): Promise<QueueState> {
  const socket = new AbortController();
  const clientProperties = { connection_name: "limen ops" };
  const options = { timeout: answerMs, clientProperties, signal: socket.signal };
  const connection = await dial(url, options);
  const failures: unknown[] = [];
  const failed = (error: unknown) => void failures.push(error);
  connection.on("error", failed);
  try {
    const state = await within(answerMs, `an answer about ${queue}`, ask(connection, queue, failed));
    await within(answerMs, "closing", connection.close());
    return state;
  } catch (error) {
    return { condition: conditionAfter([...failures, error]), messages: null, consumers: null };
  } finally {
    socket.abort();
  }
}

async function ask(connection: Connection, queue: string, failed: (error: unknown) => void): Promise<QueueState> {
  const channel = await connection.createChannel();
  channel.on("error", failed);
  const { messageCount: messages, consumerCount: consumers } = await channel.checkQueue(queue);
  if (messages === 0 && consumers === 0) {
    const message = await channel.get(queue, { noAck: false });
    // It arrived just now, and goes back to where it was.
    if (message !== false) channel.nack(message, false, true);
  }
  return { condition: "ok", messages, consumers };
}

/** 404 stands for "no queue" and for "its home node is down", told apart by their texts. 403: access refused. */
function conditionAfter(errors: readonly unknown[]): QueueCondition {
  const messages = errors.map((error) => (error instanceof Error ? error.message : String(error)));
  if (messages.some((message) => /NOT_FOUND - no queue/.test(message))) return "missing";
  if (messages.some((message) => /ACCESS_REFUSED/.test(message))) return "unknown";
  return "no-leader";
}
