import { createRemoteJWKSet, customFetch, type JWK, type JWTVerifyGetKey } from "jose";
import { describeError, type Log } from "../log.ts";

export interface RemoteJwks {
  /** For createTokenVerifier. An unknown `kid` makes it look for new keys, once per cooldown. */
  readonly keys: JWTVerifyGetKey;
  /** Fetches the keys, and again at every interval. Never throws: what fails is tried again. */
  start(): Promise<void>;
  stop(): void;
  /** True once keys are known. They stay known while the server is away. */
  ready(): boolean;
}

/** Where keys are published as a JWK Set, or a call that answers with them. */
type KeySource = URL | (() => Promise<readonly JWK[]>);

/** The signing keys that another service publishes (RFC 7517, section 5). All times in milliseconds. */
export function createRemoteJwks(deps: {
  readonly source: KeySource;
  readonly log: Pick<Log, "warn">;
  /** A key that is withdrawn is forgotten after this time. */
  readonly refreshMs?: number;
  readonly cooldownMs?: number;
}): RemoteJwks {
  const { source, log, refreshMs = 30_000, cooldownMs = 10_000 } = deps;
  let failures = 0;
  let blockedUntil = 0;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  const url = source instanceof URL ? source : calledInstead;
  const jwks = createRemoteJWKSet(url, {
    timeoutDuration: 2000,
    cooldownDuration: cooldownMs,
    cacheMaxAge: Number.POSITIVE_INFINITY,
    // The cooldown follows successes only. Without this, every unknown `kid` would call a server that is in trouble.
    [customFetch]: async (...request) => {
      if (Date.now() < blockedUntil) throw new Error("the keys could not be fetched a moment ago");
      blockedUntil = Date.now() + retryMs();
      const response = source instanceof URL ? await fetch(...request) : keySet(await source());
      if (response.ok) blockedUntil = 0;
      return response;
    },
  });

  const ready = () => jwks.jwks() !== undefined;

  /** Without any key nobody can be let in; and a server that starts at the same time is there in a moment. */
  function retryMs(): number {
    return Math.min(ready() ? 1_000 : 100, refreshMs);
  }

  async function refresh(): Promise<void> {
    let next = refreshMs;
    try {
      await jwks.reload();
      failures = 0;
    } catch (error) {
      next = retryMs();
      failures++;
      if (ready() || failures % 10 === 0) {
        log.warn({ event: "jwks_unavailable", url: url.href, error: describeError(error) }, "signing keys not fetched");
      }
    }
    if (!stopped) timer = setTimeout(refresh, next).unref();
  }

  return {
    keys: jwks,
    start: refresh,
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
    ready,
  };
}

/** jose wants an address, which nobody looks up where a call answers. */
const calledInstead = new URL("call://keys");

/** No key is no answer: a service that has just begun may not have made its first. */
const keySet = (keys: readonly JWK[]): Response =>
  keys.length === 0 ? new Response(null, { status: 503 }) : Response.json({ keys });
