import { DomainError } from "../errors.ts";

/** A session whose access tokens count no more. */
export interface Revocation {
  readonly sessionId: string;
  /** When its last access token expires by itself. */
  readonly expireTime: Date;
}

export interface RevocationView {
  /** Throws UNAVAILABLE (REVOCATIONS_STALE) where the view is too old to tell. */
  isRevoked(sessionId: string): boolean;
}

export interface RevocationSet extends RevocationView {
  /** The view is now exactly this. */
  replace(revocations: Iterable<Revocation>): void;
  /** These have been added to what is known, and nothing else has changed. */
  add(revocations: Iterable<Revocation>): void;
  /** Nothing has changed. */
  touch(): void;
  /** True while questions are answered. */
  ready(): boolean;
}

const sweepMs = 60_000;

/** Every revocation that matters, in memory. Stale until the first `replace`, and again `maxStalenessMs` after news. */
export function createRevocationSet(deps: {
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  readonly maxStalenessMs: number;
}): RevocationSet {
  const { now = Date.now, maxStalenessMs } = deps;
  /** Session id to the time, in milliseconds since the epoch, from which it can be forgotten. */
  let sessions: Map<string, number> | undefined;
  let newsAt = 0;
  let sweptAt = 0;

  const ready = () => sessions !== undefined && now() - newsAt <= maxStalenessMs;

  function note(known: Map<string, number>, revocations: Iterable<Revocation>): void {
    for (const { sessionId, expireTime } of revocations) known.set(sessionId, expireTime.getTime());
    newsAt = now();
    if (newsAt - sweptAt < sweepMs) return;
    sweptAt = newsAt;
    for (const [sessionId, expires] of known) if (expires < newsAt - sweepMs) known.delete(sessionId);
  }

  return {
    isRevoked(sessionId) {
      if (sessions === undefined || !ready()) {
        throw new DomainError("unavailable", "REVOCATIONS_STALE", "revocations cannot be known at this moment");
      }
      return sessions.has(sessionId);
    },
    replace(revocations) {
      sessions = new Map();
      note(sessions, revocations);
    },
    add(revocations) {
      if (sessions !== undefined) note(sessions, revocations);
    },
    touch() {
      if (sessions !== undefined) note(sessions, []);
    },
    ready,
  };
}
