import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { pino } from "pino";
import { createInProcessTransport } from "./in-process-transport.ts";
import { transportContract } from "./transport.contract.ts";
import { commandTo } from "./transport.fixture.ts";

const log = pino({ level: "silent" });

transportContract("in process", async (options) => {
  const transport = createInProcessTransport({ log, ...options });
  return { transport, newQueue: () => `queue-${randomUUID()}`, dispose: () => transport.close() };
});

describe("in-process transport", () => {
  it("runs no more handlers at once than it was told", async () => {
    const transport = createInProcessTransport({ log, concurrency: 4 });
    let running = 0;
    let most = 0;
    await transport.subscribe({
      queue: "q",
      bindings: [{ exchange: "limen.commands", routingKey: "q" }],
      async handle() {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
      },
    });
    const batch = Array.from({ length: 20 }, () => commandTo("q"));
    assert.equal((await transport.publish(batch)).size, 20);
    assert.equal(most, 4);
  });

  it("gives each handler its own copy", async () => {
    const transport = createInProcessTransport({ log });
    const seen: unknown[] = [];
    for (const queue of ["one", "two"]) {
      await transport.subscribe({
        queue,
        bindings: [{ exchange: "limen.commands", routingKey: "q" }],
        async handle({ data }) {
          seen.push({ ...data });
          data.name = "changed";
        },
      });
    }
    await transport.publish([commandTo("q", { data: { name: "Ada" } })]);
    assert.deepEqual(seen, [{ name: "Ada" }, { name: "Ada" }]);
  });

  it("remembers nothing of a message once it is handed over", async () => {
    const transport = createInProcessTransport({ log });
    const attempts: number[] = [];
    let failing = true;
    await transport.subscribe({
      queue: "q",
      bindings: [{ exchange: "limen.commands", routingKey: "q" }],
      async handle({ attempt }) {
        attempts.push(attempt);
        if (failing) throw new Error("not yet");
      },
    });
    const message = commandTo("q");
    await transport.publish([message]);
    failing = false;
    await transport.publish([message]);
    await transport.publish([message]);
    assert.deepEqual(attempts, [1, 2, 1]);
  });
});
