import { createHash } from "node:crypto";
import type { RequestDigest } from "../application/credential-ports.ts";

/** Each part goes in with its length: ["ab", "c"] and ["a", "bc"] differ. */
export const sha256RequestDigest: RequestDigest = (parts) => {
  const digest = createHash("sha256");
  for (const part of parts) digest.update(`${Buffer.byteLength(part)}:`).update(part);
  return Uint8Array.from(digest.digest());
};
