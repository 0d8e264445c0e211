import type { Revocation } from "../../platform/rpc/revocation-set.ts";
import type { RevocationSink } from "./revocation-poller.ts";

export interface RevocationFeed extends RevocationSink {
  /**
   * All revocations that still matter, then each new one; an empty list when there was none for a while. A long list comes
   * in pieces. Falls silent while the source does, so that whoever listens knows that they do not know. Ends when the
   * signal aborts.
   */
  watch(signal: AbortSignal): AsyncGenerator<RevocationNews, void>;
}

export interface RevocationNews {
  readonly revocations: readonly Revocation[];
  /** The list goes on in the next piece. */
  readonly more: boolean;
}

interface Subscriber {
  /** Not sent yet; null stands for everything there is. */
  pending: Revocation[] | null;
  news: PromiseWithResolvers<void>;
}

/** A subscriber that reads too slowly gets everything again rather than a backlog without bounds. */
const maxPending = 10_000;
const sweepMs = 60_000;
/** Some 300 kB: well under what a message may have. */
const maxPiece = 5_000;

export function createRevocationFeed(config: { heartbeatMs?: number; now?: () => number } = {}): RevocationFeed {
  const { heartbeatMs = 700, now = Date.now } = config;
  let known = new Map<string, Revocation>();
  let sweptAt = now();
  const subscribers = new Set<Subscriber>();

  function announce(added: readonly Revocation[]): void {
    for (const subscriber of subscribers) {
      if (subscriber.pending !== null) {
        const fits = subscriber.pending.length + added.length <= maxPending;
        subscriber.pending = fits ? [...subscriber.pending, ...added] : null;
      }
      subscriber.news.resolve();
    }
  }

  function sweep(): void {
    if (now() - sweptAt < sweepMs) return;
    sweptAt = now();
    for (const [id, { expireTime }] of known) if (expireTime.getTime() < sweptAt) known.delete(id);
  }

  return {
    replace(revocations) {
      const before = known;
      known = new Map([...revocations].map((revocation) => [revocation.sessionId, revocation]));
      announce([...known.values()].filter(({ sessionId }) => !before.has(sessionId)));
    },
    add(revocations) {
      const added = [...revocations].filter(({ sessionId }) => !known.has(sessionId));
      for (const revocation of added) known.set(revocation.sessionId, revocation);
      sweep();
      announce(added);
    },
    async *watch(signal) {
      const subscriber: Subscriber = { pending: null, news: Promise.withResolvers() };
      const stop = () => subscriber.news.resolve();
      signal.addEventListener("abort", stop, { once: true });
      subscribers.add(subscriber);
      let sentAt = Number.NEGATIVE_INFINITY;
      try {
        while (!signal.aborted) {
          await subscriber.news.promise;
          if (signal.aborted) return;
          subscriber.news = Promise.withResolvers();
          const batch = subscriber.pending ?? [...known.values()];
          if (batch.length === 0 && now() - sentAt < heartbeatMs) continue;
          subscriber.pending = [];
          sentAt = now();
          yield* piecesOf(batch);
        }
      } finally {
        signal.removeEventListener("abort", stop);
        subscribers.delete(subscriber);
      }
    },
  };
}

function* piecesOf(batch: readonly Revocation[]): Generator<RevocationNews> {
  let begin = 0;
  for (; batch.length - begin > maxPiece; begin += maxPiece) {
    yield { revocations: batch.slice(begin, begin + maxPiece), more: true };
  }
  yield { revocations: batch.slice(begin), more: false };
}
