import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { promisify } from "node:util";
import { figures } from "./catalogue.ts";
import { readResults } from "./results-file.ts";

/** That everything can be measured. What comes out of a machine that runs tests meanwhile is nobody's judgement. */
it("a quick benchmark produces every figure", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "limen-bench-"));
  t.after(() => rm(directory, { recursive: true }));
  const output = join(directory, "results.json");
  const args = ["--import", "tsx", "bench/main.ts", "--quick", "--output", output];
  await promisify(execFile)(process.execPath, args, { signal: t.signal });

  const { subjects } = await readResults(output);
  assert.deepEqual(
    subjects.map(({ name }) => name),
    figures.map(({ name }) => name),
  );
  for (const { name, value, spread } of subjects) {
    assert.ok([value, ...spread].every(Number.isFinite), `${name}: ${value}, ${spread}`);
  }
});
