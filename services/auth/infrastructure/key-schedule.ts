import type { KeySchedule } from "../domain/signing-key.ts";

const dayMs = 86_400_000;

/**
 * A key signs for thirty days. Verifiers ask for keys every 30 s, and at once for one that they do not know unless they
 * have asked within the last 10 s; instances of auth-service read theirs every 5 s: together, 15 s.
 */
export const keySchedule = (accessTtlMs: number): KeySchedule => ({
  rotationMs: 30 * dayMs,
  announceMs: 600_000,
  spreadMs: 15_000,
  retireMs: dayMs + accessTtlMs,
});
