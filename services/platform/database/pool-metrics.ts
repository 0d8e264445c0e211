import type { Pool } from "pg";
import { Gauge } from "prom-client";

/** By the name that each has in pg_stat_activity. */
const pools = new Map<string, Pool>();

/** Tells of the pool's connections on every scrape, until the returned function is called. */
export function measurePool(name: string, pool: Pool): () => void {
  pools.set(name, pool);
  return () => {
    if (pools.get(name) === pool) pools.delete(name);
  };
}

const labelNames = ["pool"] as const;

new Gauge({
  name: "limen_database_pool_connections",
  help: "Connections to the database, at work (busy) or not (idle)",
  labelNames: ["pool", "state"] as const,
  collect() {
    this.reset();
    for (const [pool, { totalCount, idleCount }] of pools) {
      this.set({ pool, state: "idle" }, idleCount);
      this.set({ pool, state: "busy" }, totalCount - idleCount);
    }
  },
});

new Gauge({
  name: "limen_database_pool_max_connections",
  help: "Connections that the pool may have",
  labelNames,
  collect() {
    this.reset();
    for (const [pool, { options }] of pools) this.set({ pool }, options.max);
  },
});

new Gauge({
  name: "limen_database_pool_waiting",
  help: "Work that waits for a connection: more than 0 for long means that the pool is too small, or the database too slow",
  labelNames,
  collect() {
    this.reset();
    for (const [pool, { waitingCount }] of pools) this.set({ pool }, waitingCount);
  },
});

export const databaseUp = new Gauge({
  name: "limen_database_up",
  help: "1 while the database answers, asked every second",
  labelNames,
});
