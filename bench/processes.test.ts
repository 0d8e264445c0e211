import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, it } from "node:test";
import { childrenOf, cpuTicks } from "./processes.ts";

describe("processes", () => {
  it("tell their CPU time behind a name that looks like fields", () => {
    const stat = "42 (limen) 9 (x) S 1 42 42 0 -1 4194304 500 0 0 0 123 45 7 8 20 0 11 0 999";
    assert.equal(cpuTicks(stat), 168);
  });

  it("are found by the title that they were given", async (t) => {
    const child = spawn(process.execPath, [
      "--title=limen bench test",
      "-e",
      "console.log(1); setInterval(() => 0, 1e6)",
    ]);
    t.after(() => child.kill());
    await once(child.stdout, "data");
    assert.equal((await childrenOf(process.pid)).get("limen bench test"), child.pid);
  });
});
