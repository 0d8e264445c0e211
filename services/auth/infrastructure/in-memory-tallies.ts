import type { Tally } from "../domain/guessing.ts";
import type { Tallies } from "./tallies.ts";

/** Behaves as PostgreSQL does for our purposes; kept honest by guard.contract.ts. */
export function createInMemoryTallies(): Tallies {
  const rows = new Map<string, { tally: Tally; version: number; expireTime: Date }>();
  return {
    read: async (keys) =>
      keys.map((key) => {
        const row = rows.get(key);
        return { tally: row?.tally ?? null, version: row?.version ?? 0 };
      }),
    async write(key, seen, tally, expireTime) {
      if ((rows.get(key)?.version ?? 0) !== seen.version) return null;
      const version = seen.version + 1;
      rows.set(key, { tally, version, expireTime });
      return version;
    },
    async sweep(now, limit) {
      const expired = [...rows].filter(([, { expireTime }]) => expireTime < now).slice(0, limit);
      for (const [key] of expired) rows.delete(key);
      return expired.length;
    },
  };
}
