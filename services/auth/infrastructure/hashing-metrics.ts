import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { DomainError } from "../../platform/errors.ts";
import type { HashingPool } from "./hashing-pool.ts";

const labelNames = ["turn"] as const;

/** The same pool, measured. */
export function measureHashing(
  pool: HashingPool,
  { concurrency, metrics }: { readonly concurrency: number; readonly metrics: Registry },
): HashingPool {
  const { running, waiting, refused, waited, took } = hashingMetrics(metrics, concurrency);
  return {
    queued: pool.queued,
    async admit(work) {
      let isIn = false;
      try {
        return await pool.admit(() => {
          isIn = true;
          return work();
        });
      } catch (error) {
        if (!isIn) refused.inc({ turn: "verification" });
        throw error;
      }
    },
    async run(turn, work) {
      const wait = waited.startTimer({ turn });
      try {
        const result = pool.run(turn, async () => {
          wait();
          running.inc();
          const end = took.startTimer({ turn });
          try {
            return await work();
          } finally {
            end();
            running.dec();
          }
        });
        waiting.set(pool.queued());
        return await result;
      } catch (error) {
        if (error instanceof DomainError && error.reason === "OVERLOADED") refused.inc({ turn });
        throw error;
      } finally {
        waiting.set(pool.queued());
      }
    },
  };
}

function hashingMetrics(registry: Registry, concurrency: number) {
  const registers = [registry];
  new Gauge({
    name: "limen_hash_slots",
    help: "Password hashes that may be computed at the same time",
    registers,
  }).set(concurrency);
  return {
    running: new Gauge({
      name: "limen_hashes_running",
      help: "Password hashes that are being computed",
      registers,
    }),
    waiting: new Gauge({
      name: "limen_hashes_waiting",
      help: "Password hashes that wait for a slot",
      registers,
    }),
    refused: new Counter({
      name: "limen_hashes_refused_total",
      help: "Password hashes refused at once, because they would have waited for too long",
      labelNames,
      registers,
    }),
    waited: new Histogram({
      name: "limen_hash_wait_seconds",
      help: "How long password hashes waited for a slot",
      labelNames,
      buckets: [0.001, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2],
      registers,
    }),
    took: new Histogram({
      name: "limen_hash_duration_seconds",
      help: "How long password hashes took once they had a slot",
      labelNames,
      buckets: [0.01, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.2, 0.5, 1],
      registers,
    }),
  };
}
