import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createBatchedWaiter, pauseMs } from "./batched-waiter.ts";

describe("batched waiter", () => {
  it("answers a wait of no time with the present state, after one look", async () => {
    const { waiter, states, loads } = setup();
    states.set("a", "open");
    assert.equal(await waiter.wait("a", isDone, { timeoutMs: 0 }), "open");
    assert.equal(loads.length, 1);
  });

  it("asks once for all who wait, and lets each go when its own state is right", async () => {
    const { waiter, states, loads } = setup();
    states.set("a", "open").set("b", "open");
    const waits = ["a", "b", "a"].map((id) => waiter.wait(id, isDone, { timeoutMs: 10_000 }));
    while (loads.length < 2) await new Promise(setImmediate);
    states.set("a", "done");
    assert.deepEqual(await Promise.all([waits[0], waits[2]]), ["done", "done"]);
    states.set("b", "done");
    assert.equal(await waits[1], "done");
    assert.ok(loads.some((ids) => ids.length === 2));
  });

  it("answers null for what is not there", async () => {
    const { waiter } = setup();
    assert.equal(await waiter.wait("nobody", isDone, { timeoutMs: 10_000 }), null);
  });

  it("gives up with the last state when its signal aborts, and stops asking", async () => {
    const { waiter, states, loads } = setup();
    states.set("a", "open");
    const caller = new AbortController();
    const wait = waiter.wait("a", isDone, { timeoutMs: 10_000, signal: caller.signal });
    while (loads.length < 2) await new Promise(setImmediate);
    caller.abort();
    assert.equal(await wait, "open");
  });

  it("passes an outage on to everyone who waits", async () => {
    const waiter = createBatchedWaiter({ load: async () => Promise.reject(new Error("away")), intervalMs: 1 });
    await assert.rejects(
      waiter.wait("a", () => true, { timeoutMs: 10_000 }),
      /away/,
    );
  });
});

describe("pause of a batched waiter", () => {
  const lone = { waiting: 1, waitedMs: 0, usualMs: 0, intervalMs: 10, eagerIntervalMs: 2 };

  it("is short for one who has only begun to wait, and longer the more they are", () => {
    assert.equal(pauseMs(lone), 2);
    assert.equal(pauseMs({ ...lone, waiting: 3 }), 6);
    assert.equal(pauseMs({ ...lone, waiting: 1_000 }), 10);
  });

  it("lasts until most of the usual wait is over", () => {
    assert.equal(pauseMs({ ...lone, usualMs: 10 }), 8);
    assert.equal(pauseMs({ ...lone, usualMs: 20, waitedMs: 10 }), 6);
    assert.equal(pauseMs({ ...lone, usualMs: 20, waitedMs: 16 }), 2);
  });

  it("is never longer than the interval, and no shorter for those who have waited for long", () => {
    assert.equal(pauseMs({ ...lone, usualMs: 80 }), 10);
    assert.equal(pauseMs({ ...lone, waitedMs: 150 }), 10);
  });

  it("is longer where everybody waits for long, but little beside that", () => {
    assert.equal(pauseMs({ ...lone, waiting: 16, usualMs: 240 }), 30);
    assert.equal(pauseMs({ ...lone, waitedMs: 150, usualMs: 240 }), 30);
    assert.equal(pauseMs({ ...lone, usualMs: 5_000 }), 50);
  });
});

const isDone = (state: string): boolean => state === "done";

function setup() {
  const states = new Map<string, string>();
  const loads: (readonly string[])[] = [];
  const waiter = createBatchedWaiter<string>({
    load: async (ids) => {
      loads.push(ids);
      return new Map([...states].filter(([id]) => ids.includes(id)));
    },
    intervalMs: 1,
  });
  return { waiter, states, loads };
}
