import type { BreachedPasswords } from "../application/credential-ports.ts";

export function createInMemoryBreachedPasswords(passwords: readonly string[]): BreachedPasswords {
  const breached = new Set(passwords);
  return async (password) => breached.has(password);
}
