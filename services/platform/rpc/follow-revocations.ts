import { timestampDate } from "@bufbuild/protobuf/wkt";
import type { Client } from "@connectrpc/connect";
import type { AuthService, WatchRevocationsResponse } from "../../../proto/gen/limen/auth/v1/auth_service_pb.ts";
import { describeError, type Log } from "../log.ts";
import { backoffMs, sleep } from "../timing.ts";
import type { Revocation, RevocationSet } from "./revocation-set.ts";

export interface RevocationFollower {
  start(): void;
  /** Resolves when nothing is under way any more. */
  stop(): Promise<void>;
}

/**
 * Keeps a revocation set equal to auth-service's through AuthService.WatchRevocations: the first answers, up to one
 * without `more`, are the snapshot, later ones are changes, and one comes at least every second. The set stays as it was
 * until the snapshot is complete. A stream that is silent for `silenceMs` is taken for dead. Reconnects for ever, with a jittered backoff; meanwhile the set grows stale by itself.
 */
export function createRevocationFollower(deps: {
  readonly client: Pick<Client<typeof AuthService>, "watchRevocations">;
  readonly revocations: RevocationSet;
  readonly log: Pick<Log, "info" | "warn">;
  readonly silenceMs?: number;
}): RevocationFollower {
  const { client, revocations, log, silenceMs = 3000 } = deps;
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  let failures = 0;

  async function followOnce(): Promise<void> {
    const connection = new AbortController();
    const stop = () => connection.abort();
    stopping.signal.addEventListener("abort", stop, { once: true });
    const watchdog = setTimeout(() => connection.abort(new Error("the stream has fallen silent")), silenceMs);
    let snapshot: Revocation[] | undefined = [];
    try {
      for await (const answer of client.watchRevocations({}, { signal: connection.signal })) {
        watchdog.refresh();
        if (snapshot === undefined) {
          revocations.add(toRevocations(answer));
          continue;
        }
        for (const revocation of toRevocations(answer)) snapshot.push(revocation);
        if (answer.more) continue;
        revocations.replace(snapshot);
        log.info({ event: "revocations_followed", count: snapshot.length }, "following revocations");
        failures = 0;
        snapshot = undefined;
      }
    } finally {
      clearTimeout(watchdog);
      stopping.signal.removeEventListener("abort", stop);
      // Leaving the loop does not end a stream of Connect's; its signal does.
      stop();
    }
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await followOnce();
      } catch (error) {
        if (stopping.signal.aborted) return;
        log.warn({ event: "revocations_lost", error: describeError(error) }, "the revocation stream broke");
      }
      await sleep(backoffMs(failures++), stopping.signal);
    }
  }

  return {
    start() {
      running ??= run();
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

function toRevocations(answer: WatchRevocationsResponse): Revocation[] {
  return answer.revocations.map(({ sessionId, expireTime }) => ({
    sessionId,
    // Without a time it is kept until the next snapshot.
    expireTime: expireTime === undefined ? new Date(8.64e15) : timestampDate(expireTime),
  }));
}
