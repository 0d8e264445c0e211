import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { pino } from "pino";
import { queueSound } from "./messaging-metrics.ts";
import { createQueueHealth } from "./queue-health.ts";

describe("queue health", () => {
  it("is good until a queue is known to be ill, and again when all have recovered", async () => {
    const lines: string[] = [];
    const health = createQueueHealth(pino({}, { write: (line) => lines.push(line) }));
    const known: boolean[] = [health.allSound()];
    for (const [queue, sound] of [
      ["health-a", true],
      ["health-a", false],
      ["health-b", false],
      ["health-a", false],
      ["health-a", true],
      ["health-b", true],
    ] as const) {
      health.note(queue, sound);
      known.push(health.allSound());
    }
    assert.deepEqual(known, [true, true, false, false, false, false, true]);
    assert.deepEqual(
      lines.map((line) => JSON.parse(line)).map(({ event, queue }) => `${event} ${queue}`),
      ["queue_ill health-a", "queue_ill health-b", "queue_sound health-a", "queue_sound health-b"],
    );
    const { values } = await queueSound.get();
    assert.equal(values.find(({ labels }) => labels.queue === "health-a")?.value, 1);
  });
});
