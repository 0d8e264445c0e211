import { once } from "node:events";
import { type ChannelModel, connect } from "amqplib";
import { describeError, type Log } from "../log.ts";
import { backoffMs, sleep, within } from "../timing.ts";
import { connected } from "./messaging-metrics.ts";
import { TopologyMismatch } from "./rabbitmq-topology.ts";

/** One connection, from the handshake to its loss. */
export interface Session {
  readonly connection: ChannelModel;
  /** Aborted with the reason when the session has ended; by then a new one is on its way. */
  readonly ended: AbortSignal;
  /** Ends the session: for failures that leave the connection itself open, such as a closed channel. */
  fail(reason: Error): void;
}

/** Keeps one connection to the broker, and what was opened on it. */
export interface Supervisor<T> {
  /** What `open` made of the present connection; null while there is none. */
  current(): T | null;
  /**
   * Resolves after the first attempt, whether or not it succeeded: an absent broker is waited for in the background.
   * Rejects with TopologyMismatch.
   */
  start(): Promise<void>;
  /** Closes the connection in good order, so that acknowledgements under way arrive. */
  stop(): Promise<void>;
}

interface SupervisorDeps<T> {
  /** amqp://user:password@host:port/vhost, or amqps. */
  readonly url: string;
  readonly clientName: string;
  readonly role: "publish" | "consume";
  /** Whole seconds. A connection that is silent for two of them is lost. */
  readonly heartbeatMs: number;
  readonly log: Log;
  /** Topology, channels, consumers: everything that a new connection needs to be of use. */
  open(session: Session): Promise<T>;
  /** Asked every `checkEveryMs`; a rejection, or no answer for as long, ends the session. */
  check(opened: T): Promise<void>;
  readonly checkEveryMs: number;
}

const connectTimeoutMs = 5_000;
const openTimeoutMs = 15_000;
const closeTimeoutMs = 2_000;
/** A session that lived this long did not fail because of its opening. */
const stableAfterMs = 10_000;

/**
 * amqplib's own recovery hangs when the connection closes during its setup, and does not see closed channels. Here
 * everything that can end a session ends in `fail`, and one loop opens the next.
 */
export function createRabbitMqSupervisor<T>(deps: SupervisorDeps<T>): Supervisor<T> {
  const { log, role } = deps;
  const stopping = new AbortController();
  const firstAttempt = Promise.withResolvers<void>();
  const labels = { client: deps.clientName, connection: role };
  let current: T | null = null;
  let session: LiveSession | null = null;
  let running: Promise<void> | null = null;

  async function keepConnected(): Promise<void> {
    for (let failures = 0; !stopping.signal.aborted; failures += 1) {
      const since = Date.now();
      try {
        await connectOnce();
      } catch (error) {
        if (error instanceof TopologyMismatch) return giveUp(error);
        const event = { event: "broker_connection_lost", role, error: describeError(error) };
        if (!stopping.signal.aborted) log.warn(event, "no connection to the broker");
      }
      firstAttempt.resolve();
      if (Date.now() - since > stableAfterMs) failures = 0;
      await sleep(backoffMs(failures), stopping.signal);
    }
  }

  /** Always ends with an exception: what prevented the session, or ended it. */
  async function connectOnce(): Promise<never> {
    const socket = new AbortController();
    const abandon = () => socket.abort();
    stopping.signal.addEventListener("abort", abandon, { once: true });
    try {
      const connection = await dial(deps, socket.signal);
      // From here on `stop` says goodbye to the broker rather than cutting the line.
      stopping.signal.removeEventListener("abort", abandon);
      const lost = Promise.withResolvers<never>();
      session = startSession(connection, socket, lost.reject);
      const opened = await within(openTimeoutMs, "opening", Promise.race([deps.open(session), lost.promise]));
      current = opened;
      connected.set(labels, 1);
      log.info({ event: "broker_connected", role }, "connected to the broker");
      firstAttempt.resolve();
      return await Promise.race([lost.promise, watch(session, opened)]);
    } catch (error) {
      session?.fail(error instanceof Error ? error : new Error(String(error)));
      throw error;
    } finally {
      current = null;
      session = null;
      connected.set(labels, 0);
      // Unless `stop` is about to do it, after its goodbye.
      if (!stopping.signal.aborted) abandon();
    }
  }

  async function watch({ ended }: Session, opened: T): Promise<never> {
    for (;;) {
      await sleep(deps.checkEveryMs, ended);
      if (ended.aborted) throw ended.reason;
      await within(deps.checkEveryMs, "the watchdog's question", deps.check(opened));
    }
  }

  function giveUp(error: TopologyMismatch): void {
    log.error({ event: "broker_topology_mismatch", role, error: error.message }, "the broker's objects differ");
    firstAttempt.reject(error);
  }

  return {
    current: () => current,
    start() {
      running ??= keepConnected();
      return firstAttempt.promise;
    },
    async stop() {
      stopping.abort();
      if (session !== null) await hangUp(session, log);
      await running;
      firstAttempt.resolve();
    },
  };
}

/** Aborting the signal destroys the socket, in every state; amqplib's own close would wait for a dead peer. */
async function dial(deps: Omit<SupervisorDeps<unknown>, "open" | "check">, signal: AbortSignal) {
  if (!URL.canParse(deps.url)) throw new Error("the broker's URL is malformed");
  const url = new URL(deps.url);
  url.searchParams.set("heartbeat", String(Math.max(1, Math.round(deps.heartbeatMs / 1_000))));
  url.searchParams.set("maxFrameSize", String(1024 * 1024));
  const options = {
    timeout: connectTimeoutMs,
    noDelay: true,
    keepAlive: true,
    clientProperties: { connection_name: `${deps.clientName} ${deps.role}` },
    signal,
  };
  return await connect(url.href, options);
}

interface LiveSession extends Session {
  readonly socket: AbortController;
}

function startSession(connection: ChannelModel, socket: AbortController, onEnd: (reason: Error) => void): LiveSession {
  const end = new AbortController();
  const fail = (reason: Error) => {
    if (end.signal.aborted) return;
    end.abort(reason);
    onEnd(reason);
  };
  // First of all: an 'error' event without a listener ends the process.
  connection.on("error", fail);
  connection.on("close", (reason) => fail(reason ?? new Error("the connection was closed")));
  return { connection, socket, ended: end.signal, fail };
}

async function hangUp({ connection, socket, fail }: LiveSession, log: Log): Promise<void> {
  try {
    // amqplib leaves `close` unanswered when the peer goes away first; the event comes in either case.
    await within(closeTimeoutMs, "closing", Promise.race([connection.close(), once(connection, "close")]));
  } catch (error) {
    log.debug({ event: "broker_close_failed", error: describeError(error) }, "the connection is cut instead");
  }
  fail(new Error("the connection was closed"));
  socket.abort();
}
