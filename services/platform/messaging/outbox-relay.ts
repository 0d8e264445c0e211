import type { Pool, PoolClient, QueryResult } from "pg";
import { withClient } from "../database/with-client.ts";
import { failpoints } from "../failpoints.ts";
import { describeError, type Log } from "../log.ts";
import { sleep } from "../timing.ts";
import type { Envelope, Publisher } from "./message.ts";
import { startMessagesMonitor } from "./messages-monitor.ts";

export interface OutboxRelay {
  /** Something was committed to the outbox: hand it over now rather than at the next poll. */
  nudge(): void;
  /** Hands over what is there, as far as that works, and stops. */
  stop(): Promise<void>;
}

interface RelayDeps {
  readonly pool: Pool;
  readonly schema: string;
  readonly publisher: Publisher & { ready(): boolean };
  /**
   * How a batch is kept from other relays. "lock": rows stay locked until the broker has confirmed them, so that another
   * relay takes them over at once when this process dies. "lease": for the in-process transport, whose handlers need
   * transactions of their own; a batch that its relay died with comes free after `leaseSeconds`.
   */
  readonly claim: "lock" | "lease";
  readonly log: Log;
  readonly pollMs?: number;
}

interface OutboxRow {
  readonly seq: string;
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

const batchSize = 500;
const leaseSeconds = 5;

/** Moves rows from the outbox to the transport until it is stopped. Every process that writes an outbox runs one. */
export function startOutboxRelay(deps: RelayDeps): OutboxRelay {
  const pollMs = deps.pollMs ?? 250;
  let wake = new AbortController();
  let nudged = false;
  let stopping = false;
  let isBacklogged = false;

  const running = (async () => {
    while (!stopping) {
      nudged = false;
      wake = new AbortController();
      // With much to do, one batch is read and deleted while the broker confirms the other.
      const batches: number[] = await Promise.all(Array.from({ length: isBacklogged ? 2 : 1 }, () => attempt(deps)));
      isBacklogged = batches.includes(batchSize);
      if (isBacklogged || nudged || stopping) continue;
      await sleep(pollMs * (0.75 + Math.random() / 2), wake.signal);
    }
    while ((await attempt(deps)) > 0);
  })();

  const monitor = startMessagesMonitor(deps);

  return {
    nudge() {
      nudged = true;
      wake.abort();
    },
    async stop() {
      stopping = true;
      wake.abort();
      await Promise.all([running, monitor.stop()]);
    },
  };
}

/** How many messages were handed over. An outage is none: the rows stay, and the next poll comes. */
async function attempt(deps: RelayDeps): Promise<number> {
  if (!deps.publisher.ready()) return 0;
  try {
    if (deps.claim === "lock") return await relayHoldingLocks(deps);
    const text = leaseBatch(deps.schema);
    const { rows } = await deps.pool.query<OutboxRow>({ name: `${deps.schema}_outbox_lease`, text });
    return await relay(deps, deps.pool, rows);
  } catch (error) {
    deps.log.warn({ event: "outbox_relay_failed", schema: deps.schema, error: describeError(error) }, "outbox waits");
    return 0;
  }
}

async function relayHoldingLocks(deps: RelayDeps): Promise<number> {
  return await withClient(deps.pool, async (client) => {
    // A delete that a crash undoes only sends its messages again, which inboxes absorb: no need to wait for the disk.
    const begin = `begin; set local synchronous_commit = off; ${lockBatch(deps.schema)}`;
    // One round trip, of which pg gives a result for each statement.
    const results = (await client.query<OutboxRow>(begin)) as unknown as readonly QueryResult<OutboxRow>[];
    const handedOver = await relay(deps, client, results.at(-1)?.rows ?? []);
    await client.query("commit");
    return handedOver;
  });
}

const columns = "seq, id, type, source, subject, exchange, routing_key, mandatory, traceparent, data, create_time";

const lockBatch = (schema: string): string =>
  `select ${columns} from ${schema}.outbox where not_before <= now() order by seq limit ${batchSize}
   for update skip locked`;

const leaseBatch = (schema: string): string =>
  `with batch as (${lockBatch(schema)}), leased as (
     update ${schema}.outbox set not_before = now() + interval '${leaseSeconds} seconds'
     where seq in (select seq from batch))
   select * from batch order by seq`;

async function relay(deps: RelayDeps, client: Pool | PoolClient, rows: readonly OutboxRow[]): Promise<number> {
  if (rows.length === 0) return 0;
  failpoints?.pass("relay.after_claim");
  const handedOver = await deps.publisher.publish(rows.map(toEnvelope));
  failpoints?.pass("relay.after_confirm");
  const done = rows.filter((row) => handedOver.has(row.id));
  const failed = rows.filter((row) => !handedOver.has(row.id));
  if (done.length > 0) {
    await client.query({
      name: `${deps.schema}_outbox_done`,
      text: `delete from ${deps.schema}.outbox where seq = any($1::bigint[])`,
      values: [done.map((row) => row.seq)],
    });
  }
  if (failed.length > 0) {
    await client.query({
      name: `${deps.schema}_outbox_failed`,
      text: `update ${deps.schema}.outbox set attempts = attempts + 1,
               not_before = now() + least(interval '100 milliseconds' * (2 ^ least(attempts, 10)), interval '10 seconds')
             where seq = any($1::bigint[])`,
      values: [failed.map((row) => row.seq)],
    });
  }
  return done.length;
}

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
