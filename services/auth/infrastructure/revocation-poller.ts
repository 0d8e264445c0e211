import type { Log } from "../../platform/log.ts";
import { type Periodic, startPeriodic } from "../../platform/periodic.ts";
import type { Revocation, RevocationSet } from "../../platform/rpc/revocation-set.ts";
import type { Clock } from "../application/ports.ts";

export interface RevokedSession {
  readonly sessionId: string;
  readonly revokeTime: Date;
}

export type RevocationSink = Pick<RevocationSet, "replace" | "add">;

interface RevocationPollerDeps {
  readonly revokedSince: (since: Date) => Promise<readonly RevokedSession[]>;
  /** Are told of every successful look, even if there was nothing to see: silence makes them stale. */
  readonly sinks: readonly RevocationSink[];
  readonly clock: Clock;
  readonly accessTtlMs: number;
  readonly log: Log;
  readonly everyMs?: number;
}

/**
 * How far back each look goes: longer than a transaction may stay open (its revocations carry the time at which it began)
 * plus what clocks may differ. No cursor, since commits do not come in the order of their times.
 */
const windowMs = 25_000;
/** Verifiers accept a token this much past its end. */
const toleranceMs = 5_000;

/** Looks for revoked sessions four times a second: first for all that still matter, then for the latest. */
export function createRevocationPoller(deps: RevocationPollerDeps) {
  const { clock, sinks, log, everyMs = 250 } = deps;
  const lifetimeMs = deps.accessTtlMs + toleranceMs;
  let lastTime = Number.NEGATIVE_INFINITY;
  let polling: Periodic | undefined;

  async function poll(): Promise<void> {
    const now = clock.now().getTime();
    // After a gap the window no longer reaches back to where the last look ended.
    const complete = now - lastTime > windowMs / 5;
    const revoked = await deps.revokedSince(new Date(now - (complete ? lifetimeMs : windowMs)));
    const revocations = revoked.map(toRevocation);
    for (const sink of sinks) {
      if (complete) sink.replace(revocations);
      else sink.add(revocations);
    }
    lastTime = now;
  }

  const toRevocation = ({ sessionId, revokeTime }: RevokedSession): Revocation => ({
    sessionId,
    expireTime: new Date(revokeTime.getTime() + lifetimeMs),
  });

  return {
    poll,
    start(): void {
      polling ??= startPeriodic({ name: "revocations", everyMs, work: poll, log });
    },
    stop: async (): Promise<void> => polling?.stop(),
  };
}
