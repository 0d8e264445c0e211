import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { Registry } from "prom-client";
import { measureEventLoop } from "./event-loop-metrics.ts";
import { nextTurn } from "./next-turn.ts";

describe("event loop metrics", () => {
  it("tell of the longest turn since the last scrape", async () => {
    const registry = new Registry();
    measureEventLoop(registry);
    const blockedMs = 30;
    for (const end = performance.now() + blockedMs; performance.now() < end; );
    await nextTurn();
    await nextTurn();
    assert.ok((await longest(registry)) >= blockedMs / 1_000);
    assert.equal(await longest(registry), 0);
  });

  it("wake nobody", async () => {
    const script = `
      const { createMetrics } = await import("./services/platform/process-metrics.ts");
      createMetrics("auth-api");
      const turns = () => performance.nodeTiming.uvMetricsInfo.loopCount;
      const quarters = [];
      for (let quarter = 0; quarter < 4; quarter++) {
        const before = turns();
        await new Promise((resolve) => setTimeout(resolve, 250));
        quarters.push(turns() - before);
      }
      console.log(Math.min(...quarters));`;
    const args = ["--import", "tsx", "--input-type=module", "--eval", script];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    // A timer of 10 ms makes 25 of them; what loads this script is at work in the first ones.
    assert.ok(Number(stdout) < 10, stdout);
  });
});

async function longest(registry: Registry): Promise<number> {
  const metric = await registry.getSingleMetric("limen_event_loop_delay_seconds")?.get();
  const value = metric?.values.find(({ labels }) => labels.quantile === 1)?.value;
  assert.ok(value !== undefined);
  return value;
}
