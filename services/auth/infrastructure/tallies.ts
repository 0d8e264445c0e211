import type { Tally } from "../domain/guessing.ts";

/** A tally as it was read; null where there is none yet. */
export interface SeenTally {
  readonly tally: Tally | null;
  /** Grows with each write; 0 where there is none yet. */
  readonly version: number;
}

/** A tally as it was written. */
export interface KeptTally extends SeenTally {
  readonly tally: Tally;
}

/** Where what was guessed is counted, for all processes together. */
export interface Tallies {
  /** One for each key, in their order. */
  read(keys: readonly string[]): Promise<SeenTally[]>;
  /**
   * Keeps the tally until `expireTime`, if nobody has written another one since `seen` was read: of many at once, one
   * succeeds. Its new version, or null.
   */
  write(key: string, seen: Pick<SeenTally, "version">, tally: Tally, expireTime: Date): Promise<number | null>;
  /** Forgets up to `limit` tallies that have expired. How many there were. */
  sweep(now: Date, limit: number): Promise<number>;
}
