import assert from "node:assert/strict";
import { getPriority } from "node:os";
import { before, describe, it } from "node:test";
import argon2 from "argon2";
import { lowerHashingThreads } from "./hashing-threads.ts";

const cheap = { memoryCost: 64, timeCost: 2, parallelism: 1 };

/** Elsewhere threads have no priority of their own, and there are none to lower. */
const lowered = process.platform === "linux" ? Number(process.env.UV_THREADPOOL_SIZE ?? 4) : 0;

describe("hashing threads", () => {
  const ofProcess = getPriority();
  let threads: number[];
  before(async () => {
    await argon2.hash("correct horse battery staple", cheap);
    threads = lowerHashingThreads();
  });

  it("step back, all of them, where threads can", () => {
    assert.equal(threads.length, lowered);
    for (const id of threads) assert.equal(getPriority(id), Math.min(19, ofProcess + 5));
  });

  it("leave the event loop where it was", () => {
    assert.ok(!threads.includes(process.pid));
    assert.equal(getPriority(), ofProcess);
  });
});
