import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { Counter, Gauge, type Registry } from "prom-client";

/** Of the turns between two scrapes; 1 is the longest of them. */
const quantiles = [0.5, 0.99, 1] as const;

/**
 * How busy the event loop is, and how long its turns take: whatever becomes ready meanwhile waits so long.
 *
 * prom-client's own measure, a timer that looks whether it comes late, wakes an idle process a hundred times a second and
 * sees nothing that is shorter than its period. Node (from 26.5; older ones have the timer) looks when the loop turns anyway.
 */
export function measureEventLoop(registry: Registry): void {
  const registers = [registry];
  const delay = monitorEventLoopDelay({ samplePerIteration: true });
  delay.enable();
  new Gauge({
    name: "limen_event_loop_delay_seconds",
    help: "Time that a turn of the event loop took, since the last scrape; quantile 1 is the longest",
    labelNames: ["quantile"] as const,
    registers,
    collect() {
      for (const quantile of quantiles) this.set({ quantile }, delay.percentile(quantile * 100) / 1e9);
      delay.reset();
    },
  });
  new Counter({
    name: "limen_event_loop_active_seconds_total",
    help: "Time that the event loop has spent at work; its rate is the loop's utilisation, of 1 at most",
    registers,
    collect() {
      this.reset();
      this.inc(performance.eventLoopUtilization().active / 1_000);
    },
  });
}
