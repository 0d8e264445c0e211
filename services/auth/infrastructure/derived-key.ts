import { hkdfSync } from "node:crypto";

/** A key of 32 bytes for one purpose (HKDF-SHA-256, RFC 5869), so that no two uses of the master key share one. */
export function derivedKey(masterKey: Uint8Array, purpose: string): Buffer {
  return Buffer.from(hkdfSync("sha256", masterKey, "", purpose, 32));
}
