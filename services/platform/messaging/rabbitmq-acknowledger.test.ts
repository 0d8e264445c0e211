import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ConsumeMessage } from "amqplib";
import { createAcknowledger } from "./rabbitmq-acknowledger.ts";

const message = (deliveryTag: number) => ({ fields: { deliveryTag } }) as ConsumeMessage;

describe("acknowledging", () => {
  it("takes one frame for all that nothing older waits behind, and never covers what is at work", () => {
    const frames: string[] = [];
    const acknowledger = createAcknowledger({
      ack: ({ fields }, allUpTo = false) => void frames.push(`${allUpTo ? "up to " : ""}${fields.deliveryTag}`),
    });
    for (let tag = 1; tag <= 9; tag++) acknowledger.received(message(tag));
    const acknowledge = (...tags: number[]) => acknowledger.acknowledge(tags.map(message));
    acknowledge(4, 5);
    assert.deepEqual(frames.splice(0), ["4", "5"]);
    acknowledge(1, 2, 7);
    assert.deepEqual(frames.splice(0), ["up to 2", "7"]);
    acknowledge(3);
    assert.deepEqual(frames.splice(0), ["up to 3"]);
    acknowledge(6, 8, 9);
    assert.deepEqual(frames.splice(0), ["up to 9"]);
  });
});
