import { resolve } from "node:path";

/** A list of the suites' own; a process must be able to read it. */
export const breachedPasswords = resolve(import.meta.dirname, "breached-passwords.txt");

/** What the suites count on beside the defaults, in every shape. */
export const suiteSettings = {
  LOG_LEVEL: "warn",
  // The tests stand where a proxy would: they say where they come from.
  TRUSTED_HOPS: "1",
  // Longer than a slow machine takes from one guess to the next.
  THROTTLE_LEAST_DELAY: "3s",
  TOKEN_ISSUER: "limen",
  BREACHED_PASSWORDS: breachedPasswords,
} as const;
