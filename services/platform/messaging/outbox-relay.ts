import type { Pool, PoolClient, QueryResult } from "pg";
import { withClient } from "../database/with-client.ts";
import { sleep } from "../timing.ts";
import type { Envelope } from "./message.ts";
import { startMessagesMonitor } from "./messages-monitor.ts";
import { batchSize, type HandOverDeps, handOver, lanes, reportDelay, settle } from "./outbox-hand-over.ts";
import { createOutboxWriter } from "./outbox-writer.ts";

export interface OutboxRelay {
  /** Just committed to the outbox by this process: hands it over from memory, at once. */
  handOver(envelopes: readonly Envelope[]): void;
  /** Hands over what is there, as far as that works, and stops. */
  stop(): Promise<void>;
}

interface RelayDeps extends HandOverDeps {
  /**
   * How a batch is kept from other relays. "lock": rows stay locked until the broker has confirmed them, so that another
   * relay takes them over at once when this process dies. "lease": for the in-process transport, whose handlers need
   * transactions of their own; a batch that its relay died with comes free after `leaseSeconds`.
   */
  readonly claim: "lock" | "lease";
  readonly pollMs?: number;
}

interface OutboxRow {
  readonly id: string;
  readonly type: string;
  readonly source: string;
  readonly subject: string;
  readonly exchange: Envelope["exchange"];
  readonly routing_key: string;
  readonly mandatory: boolean;
  readonly traceparent: string;
  readonly data: Envelope["data"];
  readonly create_time: string;
}

const leaseSeconds = 5;

/**
 * Hands over what this process commits, from memory, and what is left in the outbox, which happens when a process dies or
 * the broker is away. Every process that writes an outbox runs one, until it is stopped.
 */
export function startOutboxRelay(deps: RelayDeps): OutboxRelay {
  const pollMs = deps.pollMs ?? 250;
  const stopping = new AbortController();
  const writer = createOutboxWriter(deps);

  const running = (async () => {
    while (!stopping.signal.aborted) {
      const isBacklogged = (await attempt(deps)) === batchSize;
      // While the broker confirms one batch, others are read and deleted.
      if (isBacklogged) await Promise.all(Array.from({ length: lanes }, workOff));
      else await sleep(pollMs * (0.75 + Math.random() / 2), stopping.signal);
    }
    await writer.settled();
    while ((await attempt(deps)) > 0);
  })();

  async function workOff(): Promise<void> {
    while (!stopping.signal.aborted && (await attempt(deps, true)) === batchSize);
  }

  const monitor = startMessagesMonitor(deps);

  return {
    handOver: writer.add,
    async stop() {
      stopping.abort();
      await Promise.all([running, monitor.stop()]);
    },
  };
}

/** How many messages were handed over. An outage is none: the rows stay, and the next poll comes. */
async function attempt(deps: RelayDeps, isBacklogged = false): Promise<number> {
  if (!deps.publisher.ready()) return 0;
  try {
    if (!isBacklogged && !(await isAnythingLeft(deps))) return 0;
    if (deps.claim === "lock") return await relayHoldingLocks(deps);
    const text = leaseBatch(deps.schema);
    const { rows } = await deps.pool.query<OutboxRow>({ name: `${deps.schema}_outbox_lease`, text });
    return await relay(deps, deps.pool, rows);
  } catch (error) {
    reportDelay(deps, error);
    return 0;
  }
}

/**
 * Asked four times a second, and the answer is nearly always no: it costs one round trip and no transaction. In the index's
 * order, which passes dead rows faster than the table's.
 */
async function isAnythingLeft({ pool, schema }: RelayDeps): Promise<boolean> {
  const text = `select from ${schema}.outbox where not_before <= now() order by seq limit 1`;
  return (await pool.query({ name: `${schema}_outbox_left`, text })).rows.length > 0;
}

async function relayHoldingLocks(deps: RelayDeps): Promise<number> {
  return await withClient(deps.pool, async (client) => {
    // One round trip, of which pg gives a result for each statement.
    const results = (await client.query<OutboxRow>(
      `begin; ${lockBatch(deps.schema)}`,
    )) as unknown as readonly QueryResult<OutboxRow>[];
    const handedOver = await relay(deps, client, results.at(-1)?.rows ?? []);
    await client.query("commit");
    return handedOver;
  });
}

async function relay(deps: RelayDeps, client: Pool | PoolClient, rows: readonly OutboxRow[]): Promise<number> {
  if (rows.length === 0) return 0;
  const outcome = await handOver(deps, rows.map(toEnvelope));
  await settle(deps, client, outcome);
  return outcome.done.length;
}

const columns = "seq, id, type, source, subject, exchange, routing_key, mandatory, traceparent, data, create_time";

const lockBatch = (schema: string): string =>
  `select ${columns} from ${schema}.outbox where not_before <= now() order by seq limit ${batchSize}
   for update skip locked`;

const leaseBatch = (schema: string): string =>
  `with batch as (${lockBatch(schema)}), leased as (
     update ${schema}.outbox set not_before = now() + interval '${leaseSeconds} seconds'
     where id in (select id from batch))
   select * from batch order by seq`;

function toEnvelope(row: OutboxRow): Envelope {
  return {
    id: row.id,
    type: row.type,
    source: row.source,
    subject: row.subject,
    exchange: row.exchange,
    routingKey: row.routing_key,
    mandatory: row.mandatory,
    traceparent: row.traceparent,
    data: row.data,
    time: new Date(row.create_time),
  };
}
