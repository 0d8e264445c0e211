import type { Envelope } from "./message.ts";
import { writersMs } from "./outbox.ts";
import { batchSize, type HandOverDeps, handOver, lanes, reportDelay, settle } from "./outbox-hand-over.ts";

export interface OutboxWriter {
  /** Just committed to the outbox by this process. */
  add(envelopes: readonly Envelope[]): void;
  /** Resolves when what was added has been handed over or left to the relays. */
  settled(): Promise<void>;
}

/** Messages that wait in memory at most. */
const mostWaiting = 10 * batchSize;

/**
 * What was handed over is deleted with what comes in this time: one statement for many. Short beside the time for which
 * relays leave it alone, and a crash sends no more than this again.
 */
const settleMs = writersMs / 8;

/**
 * Hands over what this process commits, from memory: nobody has to look for it in the table. What comes while all lanes are
 * busy goes together. Some messages are left to the relays: those that come while the broker is away, those that are too
 * many, and those that have waited until relays are about to take them.
 */
export function createOutboxWriter(deps: HandOverDeps): OutboxWriter {
  const waiting: { readonly envelope: Envelope; readonly since: number }[] = [];
  const atWork = new Set<Promise<void>>();
  const settler = createSettler(deps);

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
    if (batch.length === 0 || !deps.publisher.ready()) return;
    try {
      const { done, failed } = await handOver(deps, batch);
      settler.add(done, failed);
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
      await settler.flush();
    },
  };
}

/** Settles what was handed over a little later, all that came until then in one go; one after another. */
function createSettler(deps: HandOverDeps) {
  let done: string[] = [];
  let failed: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  let settling: Promise<void> = Promise.resolve();

  async function settleAll(): Promise<void> {
    const outcome = { done, failed };
    done = [];
    failed = [];
    try {
      await settle(deps, deps.pool, outcome);
    } catch (error) {
      reportDelay(deps, error);
    }
  }

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    settling = settling.then(settleAll);
    return settling;
  }

  return {
    add(moreDone: readonly string[], moreFailed: readonly string[]): void {
      done.push(...moreDone);
      failed.push(...moreFailed);
      if (done.length + failed.length >= batchSize) void flush();
      else timer ??= setTimeout(flush, settleMs);
    },
    flush,
  };
}
