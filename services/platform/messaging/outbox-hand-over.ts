import type { Pool, PoolClient } from "pg";
import { failpoints } from "../failpoints.ts";
import { describeError, type Log } from "../log.ts";
import type { Envelope, Publisher } from "./message.ts";

export interface HandOverDeps {
  readonly pool: Pool;
  readonly schema: string;
  readonly publisher: Publisher & { ready(): boolean };
  readonly log: Log;
}

/** Ids of messages. */
export interface HandedOver {
  readonly done: readonly string[];
  readonly failed: readonly string[];
}

/** At once, at most. */
export const batchSize = 500;
/** Batches that wait for the broker at the same time. */
export const lanes = 2;

/** Publishes messages of the outbox. What became of them is for `settle`. */
export async function handOver(
  { publisher }: Pick<HandOverDeps, "publisher">,
  envelopes: readonly Envelope[],
): Promise<HandedOver> {
  failpoints?.pass("relay.after_claim");
  const handedOver = await publisher.publish(envelopes);
  failpoints?.pass("relay.after_confirm");
  const ids = envelopes.map(({ id }) => id);
  return { done: ids.filter((id) => handedOver.has(id)), failed: ids.filter((id) => !handedOver.has(id)) };
}

/** Deletes what was handed over, in the transaction of `client` where it has one. The others stay, and come later each time. */
export async function settle(
  { schema }: Pick<HandOverDeps, "schema">,
  client: Pool | PoolClient,
  { done, failed }: HandedOver,
): Promise<void> {
  if (done.length > 0) {
    // A delete that a crash undoes only sends its messages again, which inboxes absorb: no need to wait for the disk.
    await client.query({
      name: `${schema}_outbox_done`,
      text: `with quickly as (select set_config('synchronous_commit', 'off', true))
             delete from ${schema}.outbox using quickly where id = any($1::uuid[])`,
      values: [done],
    });
  }
  if (failed.length > 0) {
    await client.query({
      name: `${schema}_outbox_failed`,
      text: `update ${schema}.outbox set attempts = attempts + 1,
               not_before = now() + least(interval '100 milliseconds' * (2 ^ least(attempts, 10)), interval '10 seconds')
             where id = any($1::uuid[])`,
      values: [failed],
    });
  }
}

/** An outage is no failure: the rows stay, and the next poll comes. */
export function reportDelay({ log, schema }: HandOverDeps, error: unknown): void {
  log.warn({ event: "outbox_relay_failed", schema, error: describeError(error) }, "outbox waits");
}
