import { randomBytes } from "./random.ts";

/**
 * Makes UUIDv7 (RFC 9562, section 5.7) that sort by time and, within one millisecond, by the order in which they were made:
 * `rand_a` is a counter (section 6.2, method 1) and 62 bits are random. A clock that is set back does not turn the order.
 */
export function createUuidv7(now: () => number = Date.now): () => string {
  let last = -1;
  return () => {
    // Milliseconds and counter in one number below 2^53: a counter that runs over takes its time from the next millisecond.
    last = Math.max(now() * 4_096, last + 1);
    const bytes = randomBytes(16);
    bytes.writeUIntBE(Math.floor(last / 4_096), 0, 6);
    bytes.writeUInt16BE(0x7000 | (last % 4_096), 6);
    bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
    const hex = bytes.toString("hex");
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  };
}

export const uuidv7 = createUuidv7();
