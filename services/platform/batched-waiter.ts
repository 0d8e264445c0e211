export interface BatchedWaiter<T> {
  /**
   * Resolves with the first state of `id` that `until` accepts, or with the last one seen (null when absent) when the time
   * is over or the signal aborts. Rejects when the state cannot be loaded.
   */
  wait(
    id: string,
    until: (state: T) => boolean,
    limit: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ): Promise<T | null>;
}

interface Waiting<T> {
  readonly id: string;
  /** Milliseconds on a clock that never goes back. */
  readonly since: number;
  readonly until: (state: T) => boolean;
  readonly settle: (state: T | null) => void;
  readonly fail: (error: unknown) => void;
  /** Undefined before the first look. */
  last: T | null | undefined;
  /** The time is over: the next look is the last. */
  late: boolean;
}

/** What happens soon, mostly happens within this time: until then, looking often is worth it. */
const eagerForMs = 150;

/** Of the usual wait, that passes before it is worth looking: whoever looks, takes time from those that are waited for. */
const quietPart = 0.8;

/** Of the usual wait, that a look may come late: where waits are long, many are under way, and each look costs them time. */
const latePart = 1 / 8;
const mostLateMs = 50;

/**
 * Waits for rows to change by asking for all of them in one query, every `intervalMs` while anyone waits: a thousand waiting
 * calls cost the database as much as one. Whoever has only begun to wait is looked after more often: `pauseMs`.
 */
export function createBatchedWaiter<T>(deps: {
  /** The present states by id; an absent id has none. */
  readonly load: (ids: readonly string[]) => Promise<ReadonlyMap<string, T>>;
  readonly intervalMs?: number;
  readonly eagerIntervalMs?: number;
}): BatchedWaiter<T> {
  const { load, intervalMs = 10, eagerIntervalMs = 2 } = deps;
  const waiting = new Set<Waiting<T>>();
  let polling = false;
  /** How long waits have been lately. */
  let usualMs = 0;

  async function poll(): Promise<void> {
    const asked = [...waiting];
    try {
      const states = await load([...new Set(asked.map((one) => one.id))]);
      for (const one of asked) {
        one.last = states.get(one.id) ?? null;
        if (one.late || one.last === null || one.until(one.last)) one.settle(one.last);
      }
    } catch (error) {
      for (const one of asked) one.fail(error);
    }
  }

  function pause(): number {
    // The newest wait comes last.
    const newest = [...waiting].at(-1);
    const waitedMs = newest === undefined ? Number.POSITIVE_INFINITY : performance.now() - newest.since;
    return pauseMs({ waiting: waiting.size, waitedMs, usualMs, intervalMs, eagerIntervalMs });
  }

  function start(): void {
    if (polling) return;
    polling = true;
    const step = async (): Promise<void> => {
      await poll();
      if (waiting.size > 0) setTimeout(step, pause());
      else polling = false;
    };
    void step();
  }

  return {
    wait(id, until, { timeoutMs, signal }) {
      return new Promise((resolve, reject) => {
        const finish = (settled: () => void): void => {
          if (!waiting.delete(one)) return;
          clearTimeout(timer);
          signal?.removeEventListener("abort", giveUp);
          settled();
        };
        const one: Waiting<T> = {
          id,
          since: performance.now(),
          until,
          last: undefined,
          late: false,
          settle: (state) =>
            finish(() => {
              usualMs += (performance.now() - one.since - usualMs) / 8;
              resolve(state);
            }),
          fail: (error) => finish(() => reject(error)),
        };
        // At least one look at the database, however short the wait.
        const giveUp = (): void => {
          if (one.last === undefined) one.late = true;
          else one.settle(one.last);
        };
        const timer = setTimeout(giveUp, timeoutMs);
        waiting.add(one);
        if (signal?.aborted) giveUp();
        signal?.addEventListener("abort", giveUp, { once: true });
        start();
      });
    },
  };
}

/**
 * Until the next look: as long as the newest wait cannot be over by what is usual, then `eagerIntervalMs` for each who waits
 * (one in a hurry is cheap, and where many are, the time is better spent on what they wait for); at most `intervalMs`, or
 * what is little beside the usual wait.
 */
export function pauseMs(now: {
  readonly waiting: number;
  /** The newest of them. */
  readonly waitedMs: number;
  readonly usualMs: number;
  readonly intervalMs: number;
  readonly eagerIntervalMs: number;
}): number {
  const longestMs = Math.max(now.intervalMs, Math.min(now.usualMs * latePart, mostLateMs));
  if (now.waitedMs >= eagerForMs) return longestMs;
  const untilUsualMs = now.usualMs * quietPart - now.waitedMs;
  return Math.min(Math.max(now.eagerIntervalMs * now.waiting, untilUsualMs), longestMs);
}
