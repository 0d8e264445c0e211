import type { Envelope } from "./message.ts";
import { writersMs } from "./outbox.ts";
import { batchSize, type HandOverDeps, handOver, lanes, reportDelay } from "./outbox-hand-over.ts";

export interface OutboxWriter {
  /** Just committed to the outbox by this process. */
  add(envelopes: readonly Envelope[]): void;
  /** Resolves when what was added has been handed over or left to the relays. */
  settled(): Promise<void>;
}

/** Messages that wait in memory at most. */
const mostWaiting = 10 * batchSize;

/**
 * Hands over what this process commits, from memory: nobody has to look for it in the table. What comes while all lanes are
 * busy goes together. Some messages are left to the relays: those that come while the broker is away, those that are too
 * many, and those that have waited until relays are about to take them.
 */
export function createOutboxWriter(deps: HandOverDeps): OutboxWriter {
  const waiting: { readonly envelope: Envelope; readonly since: number }[] = [];
  const atWork = new Set<Promise<void>>();

  function next(): void {
    while (atWork.size < lanes && waiting.length > 0) {
      const latest = performance.now() - writersMs / 2;
      const batch = waiting.splice(0, batchSize).filter(({ since }) => since >= latest);
      const work = send(batch.map(({ envelope }) => envelope)).then(() => {
        atWork.delete(work);
        next();
      });
      atWork.add(work);
    }
  }

  async function send(batch: readonly Envelope[]): Promise<void> {
    try {
      if (deps.publisher.ready()) await handOver(deps, deps.pool, batch);
    } catch (error) {
      reportDelay(deps, error);
    }
  }

  return {
    add(envelopes: readonly Envelope[]): void {
      const since = performance.now();
      const room = Math.max(0, mostWaiting - waiting.length);
      for (const envelope of envelopes.slice(0, room)) waiting.push({ envelope, since });
      next();
    },
    async settled(): Promise<void> {
      while (atWork.size > 0) await Promise.all(atWork);
    },
  };
}
