/** In milliseconds where a name ends in Ms. */
export interface GuessRules {
  /** So many guesses at an address may fail before the next one has to wait. */
  readonly freeFailures: number;
  /** Then each failure doubles the delay, from the least to the longest. */
  readonly leastDelayMs: number;
  readonly longestDelayMs: number;
  /** Failures are forgotten after so long without another one. */
  readonly forgetMs: number;
  /** For how long a network in which somebody logged in counts as theirs. */
  readonly knownMs: number;
  /** Guesses at one address that may be evaluated at the same time: by one network, and by all strange ones together. */
  readonly atOnce: number;
  /** Strange networks together get one guess more each time that this has passed. */
  readonly refillMs: number;
  /** Failures of one network within the window, at whatever addresses. So many that one office stays usable. */
  readonly networkFailures: number;
  readonly networkWindowMs: number;
  /**
   * Failed guesses, registrations or mails, of each kind so many from everybody together within the window. Above it nobody
   * is locked out, but each network has only its share of that kind.
   */
  readonly everybodysAttempts: number;
  readonly networkShare: number;
  /** Mails that anybody can ask for, to one address within an hour. */
  readonly mailsPerAddress: number;
}

/** What has gone wrong under one name lately. Immutable: a change is a new record. */
export interface Tally {
  readonly failures: number;
  /** Under evaluation at this moment. */
  readonly pending: number;
  /** When the last one of these began. */
  readonly beginTime: Date;
  /** When the failures last changed, or when their window began. */
  readonly time: Date;
  /** Until when a guess from this network is taken for the owner's. */
  readonly knownUntil: Date | null;
}

export const emptyTally = (now: Date): Tally => ({
  failures: 0,
  pending: 0,
  beginTime: now,
  time: now,
  knownUntil: null,
});

/** Whatever was under evaluation for longer has died with its process. */
const longestEvaluationMs = 30_000;

/** The tally as it counts now. */
export function remembered(tally: Tally, { forgetMs }: GuessRules, now: Date): Tally {
  return {
    ...tally,
    failures: now.getTime() - tally.time.getTime() > forgetMs ? 0 : tally.failures,
    pending: now.getTime() - tally.beginTime.getTime() > longestEvaluationMs ? 0 : tally.pending,
  };
}

export const isKnown = ({ knownUntil }: Tally, now: Date): boolean => knownUntil !== null && knownUntil > now;

/**
 * How long a network has to wait before its next guess at an address: 0 to go ahead.
 * @param own what this network did at the address
 * @param address what all networks did at the address
 */
export function guessDelayMs(own: Tally, address: Tally, rules: GuessRules, now: Date): number {
  const others = address.failures - own.failures;
  // Others' failures use up the free ones, but only of those who have never logged in from where they are.
  const free = isKnown(own, now) || others < rules.freeFailures ? rules.freeFailures : 0;
  if (own.failures < free) return own.failures + own.pending < rules.atOnce ? 0 : rules.leastDelayMs;
  if (own.pending > 0) return rules.leastDelayMs;
  if (own.failures === 0) return 0;
  const delayMs = Math.min(rules.longestDelayMs, rules.leastDelayMs * 2 ** (own.failures - Math.max(free, 1)));
  return Math.max(0, own.time.getTime() + delayMs - now.getTime());
}

export const begun = (own: Tally, now: Date): Tally => ({ ...own, pending: own.pending + 1, beginTime: now });

/** A guess ended without an answer: it tells nothing. */
export const abandoned = (own: Tally): Tally => ({ ...own, pending: Math.max(0, own.pending - 1) });

export const failedAt = (own: Tally, now: Date): Tally => ({
  ...abandoned(own),
  failures: own.failures + 1,
  time: now,
});

export const succeededAt = (own: Tally, { knownMs }: GuessRules, now: Date): Tally => ({
  ...abandoned(own),
  failures: 0,
  time: now,
  knownUntil: new Date(now.getTime() + knownMs),
});

/** Strange networks draw from one bucket per address. Null when it is empty. */
export function drawn(bucket: Tally, { atOnce, refillMs }: GuessRules, now: Date): Tally | null {
  const refilled = (now.getTime() - bucket.time.getTime()) / refillMs;
  const level = Math.max(0, bucket.failures - refilled);
  return level + 1 > atOnce ? null : { ...bucket, failures: level + 1, time: now };
}

export const putBack = (bucket: Tally): Tally => ({ ...bucket, failures: Math.max(0, bucket.failures - 1) });

export interface Limit {
  readonly limit: number;
  readonly windowMs: number;
}

/**
 * What one network may do of a kind within the window.
 * @param everybody the same of all networks together
 * @param usual what it may do while that is not too much
 */
export function networkLimit(everybody: Tally, usual: number, rules: GuessRules, now: Date): Limit {
  const { networkWindowMs: windowMs, everybodysAttempts, networkShare } = rules;
  const isTooMuch = windowDelayMs(everybody, { limit: everybodysAttempts, windowMs }, now) > 0;
  return { limit: isTooMuch ? Math.min(networkShare, usual) : usual, windowMs };
}

/** How long until a window that is used up ends: 0 while it is not. */
export function windowDelayMs(window: Tally, { limit, windowMs }: Limit, now: Date): number {
  const left = window.time.getTime() + windowMs - now.getTime();
  return window.failures >= limit ? Math.max(0, left) : 0;
}

export function counted(window: Tally, { windowMs }: Limit, now: Date): Tally {
  const over = now.getTime() - window.time.getTime() >= windowMs;
  return over ? { ...emptyTally(now), failures: 1 } : { ...window, failures: window.failures + 1 };
}
