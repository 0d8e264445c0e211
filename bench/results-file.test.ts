import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import type { Result } from "./report.ts";
import { describeMachine, readResults, toResultsFile, writeResults } from "./results-file.ts";

it("results are kept in one form, and read in no other", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "limen-results-"));
  t.after(() => rm(directory, { recursive: true }));
  const path = join(directory, "results.json");
  const written = await toResultsFile(describeMachine("quick"), [login]);
  await writeResults(path, written);
  assert.deepEqual(await readResults(path), written);

  const { subjects, ...rest } = JSON.parse(await readFile(path, "utf8"));
  assert.deepEqual(Object.keys(rest), ["machine", "time", "commit"]);
  assert.deepEqual(subjects, [
    {
      name: "login",
      value: 0.86,
      goal: 0.9,
      met: false,
      rate: 70.5,
      limitRate: 82,
      p50Ms: 226.1,
      p99Ms: null,
      cpuUsPerCall: 24_000,
      spread: [0.8, 0.91],
    },
  ]);

  await writeFile(path, JSON.stringify({ ...rest, subjects: [{ name: "login" }] }));
  await assert.rejects(readResults(path), /holds no results/);
});

const login: Result = {
  name: "login",
  what: "login through the gateway",
  limit: "argon2 verify",
  goal: { unit: "ratio", atLeast: 0.9 },
  met: false,
  value: 0.86,
  spread: [0.8, 0.91],
  rate: 70.5,
  limitRate: 82,
  p50Ms: 226.1,
  p99Ms: null,
  cpuUsPerCall: 24_000,
  limitCpuUsPerCall: 23_900,
  driverBusy: 0.04,
  limitDriverBusy: 1.96,
};
