import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { imageEnvironment } from "../../deploy/checks/dockerfile.ts";

const module = pathToFileURL(join(import.meta.dirname, "heap-growth.ts")).href;

/** Lets batches that live for a while pass by what stays, and prints how often the whole heap was collected. */
const program = (prepare: string) => `
  import { PerformanceObserver, constants } from "node:perf_hooks";
  ${prepare}
  let collections = 0;
  new PerformanceObserver((list) => {
    for (const { detail } of list.getEntries()) if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) collections += 1;
  }).observe({ type: "gc" });
  const batch = (count) => Array.from({ length: count }, (_, index) => ({ index, text: [index] }));
  const staying = batch(250_000);
  const passing = [];
  for (let turn = 0; turn < 600; turn++) {
    passing[turn % 8] = batch(12_500);
    await new Promise((resolve) => setImmediate(resolve));
  }
  console.log(collections, staying.length);`;

describe("letting the heap double", () => {
  let env: NodeJS.ProcessEnv;
  before(async () => {
    env = imageEnvironment(await readFile(join(import.meta.dirname, "../../deploy/Dockerfile"), "utf8"));
  });

  async function collections(prepare: string): Promise<number> {
    const args = ["--input-type=module", "--eval", program(prepare)];
    const { stdout } = await promisify(execFile)(process.execPath, args, { env });
    return Number.parseInt(stdout, 10);
  }

  it("collects the whole heap less often", async () => {
    const [plain, doubling] = await Promise.all([
      collections(""),
      collections(`import { letHeapDouble } from ${JSON.stringify(module)}; letHeapDouble();`),
    ]);
    assert.ok(doubling > 0 && doubling < plain * 0.8, `${doubling} times instead of ${plain}`);
  });
});
