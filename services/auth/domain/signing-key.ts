/** A key pair that signs access tokens. Immutable; only its times change. */
export interface SigningKey {
  readonly kid: string;
  /** Ed25519 public key, base64url (the member "x" of RFC 8037). */
  readonly publicKey: string;
  /** Sealed: see signing-key-cipher.ts. */
  readonly privateKey: Uint8Array;
  readonly createTime: Date;
  /** Signs from then on. It is published before, so that verifiers know it in time. */
  readonly activateTime: Date;
  /** Published until then, so that what it signed can be verified. Null while nothing succeeds it. */
  readonly expireTime: Date | null;
}

/** In milliseconds. */
export interface KeySchedule {
  /** For how long a key signs. */
  readonly rotationMs: number;
  /** For how long a key is known, at least, before it signs. */
  readonly announceMs: number;
  /** For how long a key is known, at least, before it signs because somebody wants it to: every verifier asks again by then. */
  readonly spreadMs: number;
  /** For how long a key stays published after its successor took over: longer than an access token lives. */
  readonly retireMs: number;
}

export type CreateKey = (createTime: Date, activateTime: Date) => SigningKey;

/** Next, current and previous. */
export const publishedKeys = (keys: readonly SigningKey[], now: Date): SigningKey[] =>
  keys.filter(({ expireTime }) => expireTime === null || expireTime > now);

/** The one that signs: of those whose time has come, the last. */
export const currentKey = (keys: readonly SigningKey[], now: Date): SigningKey | undefined =>
  publishedKeys(keys, now)
    .filter(({ activateTime }) => activateTime <= now)
    .sort(byActivation)
    .at(-1);

export const nextKey = (keys: readonly SigningKey[], now: Date): SigningKey | undefined =>
  keys
    .filter(({ activateTime }) => activateTime > now)
    .sort(byActivation)
    .at(0);

export const isScheduleMet = (keys: readonly SigningKey[], now: Date): boolean =>
  currentKey(keys, now) !== undefined && nextKey(keys, now) !== undefined;

/** The keys as they should be: a current one, a next one, and none that nobody needs any more. */
export function scheduled(keys: readonly SigningKey[], schedule: KeySchedule, now: Date, create: CreateKey) {
  const current = currentKey(keys, now) ?? create(now, now);
  const next = nextKey(keys, now) ?? create(now, successionTime(current, schedule, now));
  const retired = publishedKeys(keys, now).filter(({ kid }) => kid !== current.kid && kid !== next.kid);
  return [...retired, succeededAt(current, next.activateTime, schedule), next];
}

/**
 * The next key takes over as soon as it has been known for long enough, mostly now; then another one is announced. The same
 * keys while a key is about to take over already: two who rotate at once rotate once.
 */
export function rotated(keys: readonly SigningKey[], schedule: KeySchedule, now: Date, create: CreateKey) {
  const next = nextKey(keys, now) ?? create(now, now);
  const time = new Date(Math.max(now.getTime(), next.createTime.getTime() + schedule.spreadMs));
  if (next.activateTime <= time && next.activateTime > now) return keys;
  const successor = { ...next, activateTime: time };
  const others = keys
    .filter(({ kid }) => kid !== successor.kid)
    .map((key) => (key.kid === currentKey(keys, now)?.kid ? succeededAt(key, time, schedule) : key));
  return scheduled([...others, successor], schedule, now, create);
}

/** Without one that may have leaked. If it was the one that signs, the next takes over at once, known or not. */
export function withoutKey(
  keys: readonly SigningKey[],
  kid: string,
  schedule: KeySchedule,
  now: Date,
  create: CreateKey,
) {
  const others = keys.filter((key) => key.kid !== kid);
  if (others.length === keys.length || currentKey(keys, now)?.kid !== kid) {
    return others.length === keys.length ? keys : scheduled(others, schedule, now, create);
  }
  const next = nextKey(others, now);
  const taken = others.map((key) => (key.kid === next?.kid ? { ...key, activateTime: now } : key));
  return scheduled(taken, schedule, now, create);
}

const successionTime = (current: SigningKey, { rotationMs, announceMs }: KeySchedule, now: Date): Date =>
  new Date(Math.max(current.activateTime.getTime() + rotationMs, now.getTime() + announceMs));

const succeededAt = (key: SigningKey, time: Date, { retireMs }: KeySchedule): SigningKey => ({
  ...key,
  expireTime: new Date(time.getTime() + retireMs),
});

const byActivation = (a: SigningKey, b: SigningKey): number => a.activateTime.getTime() - b.activateTime.getTime();
