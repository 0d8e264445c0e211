import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, it } from "node:test";
import { cpuTicks, residentMb, watchMemory } from "./processes.ts";

describe("processes", () => {
  it("tell their CPU time behind a name that looks like fields", () => {
    const stat = "42 (limen) 9 (x) S 1 42 42 0 -1 4194304 500 0 0 0 123 45 7 8 20 0 11 0 999";
    assert.equal(cpuTicks(stat), 168);
  });

  it("tell the memory of each, in the order asked for", async (t) => {
    const child = spawn(process.execPath, ["-e", "console.log(1); setInterval(() => 0, 1e6)"]);
    t.after(() => child.kill());
    await once(child.stdout, "data");
    const [own = 0, others = 0] = await residentMb([process.pid, child.pid ?? 0]);
    const [again = 0] = await residentMb([child.pid ?? 0, process.pid]);
    assert.ok(own > 0 && others > 0);
    // Whole pages may come and go, a process of another size may not.
    assert.ok(Math.abs(again - others) < Math.abs(own - others), `${own}, ${others}, ${again} MB`);
  });

  it("are watched at least once, and until the work is done", async () => {
    const { result, samples } = await watchMemory([process.pid], Promise.resolve("done"));
    assert.equal(result, "done");
    assert.equal(samples.length >= 1, true);
    await assert.rejects(watchMemory([process.pid], Promise.reject(new Error("broken"))), /broken/);
  });
});
