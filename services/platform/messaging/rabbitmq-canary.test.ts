import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { describe, it } from "node:test";
import { openCanaries } from "./rabbitmq-canary.ts";
import type { Session } from "./rabbitmq-supervisor.ts";

type Confirm = (error: Error | null) => void;

/** A channel whose broker answers as `answer` does, by routing key. */
function session(answer: (routingKey: string, confirm: Confirm, giveBack: () => void) => void): Session {
  const channel = Object.assign(new EventEmitter(), {
    publish(_exchange: string, routingKey: string, _content: Buffer, properties: object, confirm: Confirm) {
      answer(routingKey, confirm, () => channel.emit("return", { properties }));
      return true;
    },
  });
  const connection = { createConfirmChannel: async () => channel } as unknown as Session["connection"];
  return { connection, ended: new AbortController().signal, fail: (reason) => assert.fail(reason) };
}

const subscription = { queue: "q", keepDeadLetter: async () => {} };

describe("canaries", () => {
  it("tell which queues do not confirm, for that is what one without a leader looks like", async () => {
    const canaries = await openCanaries(
      session((routingKey, confirm) => {
        if (routingKey !== "q.retry") confirm(null);
      }),
      { timeoutMs: 20 },
    );
    const answers = await canaries.fly({ queue: "q" });
    assert.deepEqual(
      [...answers],
      [
        ["q", true],
        ["q.retry", false],
      ],
    );
  });

  it("tell which queues refuse them, or are not found", async () => {
    const canaries = await openCanaries(
      session((routingKey, confirm, giveBack) => {
        if (routingKey === "q.retry") giveBack();
        confirm(routingKey === "q" ? new Error("nack") : null);
      }),
      { timeoutMs: 60_000 },
    );
    const answers = await canaries.fly({ queue: "q" });
    assert.deepEqual(
      [...answers],
      [
        ["q", false],
        ["q.retry", false],
      ],
    );
  });

  it("fly to the dead queue only where somebody reads it", async () => {
    const canaries = await openCanaries(
      session((_, confirm) => confirm(null)),
      { timeoutMs: 60_000 },
    );
    assert.deepEqual([...(await canaries.fly(subscription)).keys()], ["q", "q.retry", "q.dead"]);
    assert.deepEqual([...(await canaries.fly({ queue: "q" })).keys()], ["q", "q.retry"]);
  });
});
