import { randomFillSync } from "node:crypto";

/** Drawn in advance: filling many bytes costs hardly more than filling a few, which takes longer than all else about an id. */
const pool = Buffer.alloc(4_096);
let used = pool.length;

/** So many cryptographically random bytes, at most 4096; each is given out once. */
export function randomBytes(count: number): Buffer {
  if (used + count > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += count;
  return Buffer.from(pool.subarray(used - count, used));
}
