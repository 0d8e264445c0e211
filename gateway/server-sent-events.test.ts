import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { internalProblem, problemBody } from "./problem.ts";
import { eventStream } from "./server-sent-events.ts";

const deps = (heartbeatMs = 60_000, signal = new AbortController().signal) => ({
  heartbeatMs,
  signal,
  problemOf: (error: unknown) => problemBody(internalProblem(error), "r-1"),
});

async function collect(source: AsyncIterator<number>, options = deps()): Promise<string[]> {
  const events: string[] = [];
  for await (const event of await eventStream(source, options)) events.push(event);
  return events;
}

describe("event stream", () => {
  it("is one event for each item, and ends with the source", async () => {
    async function* source() {
      yield 1;
      yield 2;
    }
    assert.deepEqual(await collect(source()), ["data: 1\n\n", "data: 2\n\n"]);
  });

  it("fails before it begins when the source fails before its first item", async () => {
    const source: AsyncIterator<number> = { next: () => Promise.reject(new Error("not found")) };
    await assert.rejects(eventStream(source, deps()), /not found/);
  });

  it("says that the source failed later, as an event, without its text", async () => {
    async function* source() {
      yield 1;
      throw new Error("secret");
    }
    const [first, second, ...rest] = await collect(source());
    assert.equal(first, "data: 1\n\n");
    assert.match(second ?? "", /^event: problem\ndata: \{.*"detail":"internal error".*\}\n\n$/);
    assert.doesNotMatch(second ?? "", /secret/);
    assert.deepEqual(rest, []);
  });

  it("shows signs of life while nothing happens", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    async function* source() {
      yield 1;
      await promise;
      yield 2;
    }
    const events: string[] = [];
    for await (const event of await eventStream(source(), deps(5))) {
      events.push(event);
      if (events.length === 4) resolve();
    }
    assert.deepEqual(events.slice(0, 4), ["data: 1\n\n", ": heartbeat\n\n", ": heartbeat\n\n", ": heartbeat\n\n"]);
    assert.equal(events.at(-1), "data: 2\n\n");
  });

  it("ends silently when it is told to, and lets the source go", async () => {
    const stop = new AbortController();
    let released = false;
    async function* source() {
      try {
        yield 1;
        await new Promise((_, reject) => stop.signal.addEventListener("abort", () => reject(new Error("aborted"))));
      } finally {
        released = true;
      }
    }
    const events: string[] = [];
    for await (const event of await eventStream(source(), deps(60_000, stop.signal))) {
      events.push(event);
      setImmediate(() => stop.abort());
    }
    assert.deepEqual([events, released], [["data: 1\n\n"], true]);
  });
});
