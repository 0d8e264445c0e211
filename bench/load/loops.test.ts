import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { type Client, type Outcome, runClosedLoop, runOpenLoop } from "./loops.ts";

/** Clients that answer in the next turn of the event loop and a millisecond later, and how many calls were at work at most. */
function fakeClients(count: number, answer: (call: number) => Outcome | Promise<Outcome> = () => "answered") {
  const seen = { calls: 0, atWork: 0, most: 0 };
  let time = 0;
  const client: Client = {
    async call() {
      const call = ++seen.calls;
      seen.most = Math.max(seen.most, ++seen.atWork);
      await turn();
      seen.atWork--;
      time++;
      return answer(call);
    },
  };
  return {
    seen,
    clients: Array.from({ length: count }, () => client),
    now: () => time,
    pass: (milliseconds: number) => {
      time += milliseconds;
    },
  };
}

describe("a closed loop", () => {
  it("keeps each client busy, and counts each call", async () => {
    const { seen, clients, now } = fakeClients(3);
    const window = await runClosedLoop(clients, { forMs: 20, now });
    assert.deepEqual([seen.most, seen.atWork], [3, 0]);
    assert.ok(seen.calls >= 20);
    assert.deepEqual([window.calls, window.latenciesMs.length], [seen.calls, seen.calls]);
  });

  it("takes the time of the calls that it waits for into the rate", async () => {
    const { clients, now, pass } = fakeClients(1, () => {
      pass(29);
      return "answered";
    });
    const window = await runClosedLoop(clients, { forMs: 1, now });
    assert.deepEqual([window.calls, window.seconds, window.latenciesMs], [1, 0.03, [30]]);
  });

  it("counts refusals and failures apart", async () => {
    const outcomes: Outcome[] = ["failed", { retryAfterMs: 1_000 }];
    const { clients, now } = fakeClients(1, (call) => outcomes[call - 1] ?? "answered");
    const { calls, refused, failed } = await runClosedLoop(clients, { forMs: 10, now });
    assert.deepEqual([refused, failed, calls], [1, 1, 8]);
  });

  it("waits after a refusal when it is patient, and not beyond the end", async () => {
    const { seen, clients, now } = fakeClients(1, () => ({ retryAfterMs: 60_000 }));
    await runClosedLoop(clients, { forMs: 20, patient: true, now });
    assert.equal(seen.calls, 1);
  });

  it("fails with the first call that rejects, and makes no more", async () => {
    const { seen, clients } = fakeClients(2, (call) => (call > 4 ? Promise.reject(new Error("broken")) : "answered"));
    await assert.rejects(runClosedLoop(clients, { forMs: 60_000 }), /broken/);
    while (seen.atWork > 0) await turn();
    const made = seen.calls;
    for (let i = 0; i < 5; i++) await turn();
    assert.equal(seen.calls, made);
  });
});

describe("an open loop", () => {
  it("makes as many calls as are due, whether or not earlier ones have ended", async () => {
    const gate = Promise.withResolvers<Outcome>();
    const { seen, clients } = fakeClients(10, (call) => {
      if (call === 10) gate.resolve("answered");
      return gate.promise;
    });
    const window = await runOpenLoop(clients, { forMs: 20, callsPerSecond: 500 });
    assert.deepEqual([seen.calls, window.calls], [10, 10]);
  });

  it("says so when nobody is left to make a call", async () => {
    const never = new Promise<Outcome>(() => {});
    const { clients } = fakeClients(2, () => never);
    await assert.rejects(runOpenLoop(clients, { forMs: 20, callsPerSecond: 500 }), /2 calls are waiting/);
  });
});
