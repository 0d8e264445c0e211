import { setTimeout as sleep } from "node:timers/promises";
import type { Attempt, Wish } from "./client-log.ts";

export interface LoadOptions {
  /** Of the gateway. */
  readonly url: string;
  /** Wishes under way at once. */
  readonly width: number;
  /** `Prefer: wait=…`; the gateway's default when not given. */
  readonly waitSeconds?: number;
  /** How long a client goes on asking without an answer that says something. */
  readonly patienceMs?: number;
  /** For one answer. */
  readonly timeoutMs?: number;
  /** A connection for each request, instead of some that are kept. */
  readonly ownConnections?: boolean;
  /** Tells of each wish that has its answer; what it returns is waited for before the next one begins. */
  readonly done?: (wish: Wish) => Promise<void> | void;
}

/** Careful clients: each asks with the same key until there is an answer, and comes back when it is told to. */
export async function runLoad(wishes: readonly Wish[], options: LoadOptions): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let wish = wishes[next++]; wish !== undefined; wish = wishes[next++]) {
      await fulfil(wish, options);
      await options.done?.(wish);
    }
  };
  await Promise.all(Array.from({ length: options.width }, lane));
}

async function fulfil(wish: Wish, options: LoadOptions): Promise<void> {
  const end = performance.now() + (options.patienceMs ?? 120_000);
  for (let pauseMs = 50; ; pauseMs = Math.min(pauseMs * 2, 1_000)) {
    const { attempt, retryAfterMs } = await ask(wish, options);
    wish.attempts.push(attempt);
    if (attempt.outcome !== "indeterminate" || performance.now() > end) return;
    await sleep(Math.max(pauseMs, retryAfterMs));
  }
}

/** One request, and what its answer is worth. 408 and 429 say "later". */
async function ask(
  { key, person }: Wish,
  { url, waitSeconds, timeoutMs = 15_000, ownConnections = false }: LoadOptions,
): Promise<{ attempt: Attempt; retryAfterMs: number }> {
  const begin = performance.now();
  const nothing = { outcome: "indeterminate", status: 0, reason: "", registrationId: null, userId: null } as const;
  try {
    const response = await fetch(`${url}/api/v1/auth/register`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "idempotency-key": key,
        ...(ownConnections && { connection: "close" }),
        ...(waitSeconds !== undefined && { prefer: `wait=${waitSeconds}` }),
      },
      body: JSON.stringify(person),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const body = JSON.parse(await response.text());
    const ms = performance.now() - begin;
    const { status } = response;
    if (response.ok) {
      const { id: registrationId, userId } = body.registration;
      const known = { registrationId, userId: userId || null };
      return { attempt: { outcome: "acknowledged", status, reason: "", ...known, ms }, retryAfterMs: 0 };
    }
    const outcome = status < 500 && status !== 408 && status !== 429 ? "definite" : "indeterminate";
    const retryAfterMs = Number(response.headers.get("retry-after") ?? 0) * 1_000;
    return { attempt: { ...nothing, outcome, status, reason: String(body.reason), ms }, retryAfterMs };
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    const reason = cause instanceof Error ? ((cause as { code?: string }).code ?? cause.name) : String(cause);
    return { attempt: { ...nothing, reason, ms: performance.now() - begin }, retryAfterMs: 0 };
  }
}
