import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { PermanentFailure, type Subscription } from "./message.ts";
import { type OpenRabbitMq, openRabbitMq } from "./rabbitmq.fixture.ts";
import { TopologyMismatch } from "./rabbitmq-topology.ts";
import { transportContract } from "./transport.contract.ts";
import { commandTo, createRecorder, publishUntilHandedOver } from "./transport.fixture.ts";

transportContract("RabbitMQ", (options) => openRabbitMq(options));

const bindingsOf = (queue: string): Subscription["bindings"] => [{ exchange: "limen.commands", routingKey: queue }];

describe("RabbitMQ transport", { timeout: 30_000 }, () => {
  let open: OpenRabbitMq;
  before(async () => {
    open = await openRabbitMq();
  });
  after(() => open.dispose());

  it("sends CloudEvents in binary mode", async () => {
    const { transport, newQueue, admin, take } = open;
    const queue = newQueue();
    await admin.assertQueue(queue);
    await admin.bindQueue(queue, "limen.commands", queue);
    const command = commandTo(queue, { time: new Date("2026-01-02T03:04:05.678Z") });
    await transport.publish([command]);
    const { properties, content } = await take(queue);
    assert.deepEqual(JSON.parse(content.toString()), command.data);
    assert.deepEqual(
      { ...properties.headers },
      {
        "cloudEvents:specversion": "1.0",
        "cloudEvents:id": command.id,
        "cloudEvents:type": command.type,
        "cloudEvents:source": "users",
        "cloudEvents:subject": "u1",
        "cloudEvents:time": "2026-01-02T03:04:05.678Z",
        traceparent: command.traceparent,
      },
    );
    const { messageId, type, appId, contentType, deliveryMode, timestamp } = properties;
    assert.deepEqual(
      { messageId, type, appId, contentType, deliveryMode, timestamp },
      {
        messageId: command.id,
        type: command.type,
        appId: "users",
        contentType: "application/json",
        deliveryMode: 2,
        timestamp: Date.parse("2026-01-02T03:04:05Z") / 1000,
      },
    );
  });

  it("handles no more at once than it is told, whatever the queues hold", async (t) => {
    const { transport, newQueue, dispose } = await openRabbitMq({ handlersAtOnce: 4 });
    t.after(dispose);
    const queues = [newQueue(), newQueue()];
    let most = 0;
    let atOnce = 0;
    const { handle, arrived } = createRecorder(async () => {
      most = Math.max(most, ++atOnce);
      await delay(5);
      atOnce -= 1;
    });
    for (const queue of queues) await transport.subscribe({ queue, bindings: bindingsOf(queue), handle });
    await transport.publish(queues.flatMap((queue) => Array.from({ length: 20 }, () => commandTo(queue))));
    await arrived(40);
    assert.equal(most, 4);
  });

  it("leaves a dead letter in the queue's dead queue, with the reason and without the broker's traces", async () => {
    const { transport, newQueue, take } = open;
    const queue = newQueue();
    const { handle } = createRecorder(async ({ attempt }) => {
      if (attempt === 1) throw new Error("not yet");
      throw new PermanentFailure("UNKNOWN_TYPE", "nobody handles it");
    });
    await transport.subscribe({ queue, bindings: bindingsOf(queue), handle });
    const command = commandTo(queue);
    await transport.publish([command]);
    const { properties, content, fields } = await take(`${queue}.dead`);
    assert.equal(fields.routingKey, queue);
    assert.equal(properties.messageId, command.id);
    assert.deepEqual(JSON.parse(content.toString()), command.data);
    const {
      "x-limen-reason": reason,
      "x-limen-error": error,
      "x-limen-attempt": attempt,
      ...rest
    } = properties.headers ?? {};
    assert.deepEqual({ reason, error, attempt }, { reason: "UNKNOWN_TYPE", error: "nobody handles it", attempt: 2 });
    assert.deepEqual(
      Object.keys(rest).filter((name) => name.startsWith("x-")),
      [],
    );
  });

  it("gives up what it cannot read, byte for byte, and goes on", async () => {
    const { transport, newQueue, admin, take } = open;
    const queue = newQueue();
    const { handle, received, arrived } = createRecorder();
    await transport.subscribe({ queue, bindings: bindingsOf(queue), handle });
    const sound = commandTo(queue);
    const poisons = [
      { content: Buffer.from([0xff, 0xfe, 0x00]), properties: { messageId: sound.id, type: "t", timestamp: 1 } },
      { content: Buffer.from("[]"), properties: { messageId: sound.id, type: "t", timestamp: 1 } },
      { content: Buffer.from("{}"), properties: { messageId: "no uuid", type: "t", timestamp: 1 } },
      { content: Buffer.from("{}"), properties: { messageId: sound.id, timestamp: 1 } },
      { content: Buffer.from("{}"), properties: { messageId: sound.id, type: "t" } },
      {
        content: Buffer.alloc(0),
        properties: { expiration: "60000", headers: { CC: [`${queue}.retry`], big: "x".repeat(60_000) } },
      },
    ];
    for (const { content, properties } of poisons) {
      admin.publish("limen.commands", queue, content, properties);
      const letter = await take(`${queue}.dead`);
      assert.equal(letter.properties.headers?.["x-limen-reason"], "MALFORMED_MESSAGE");
      assert.deepEqual(letter.content, content);
    }
    await transport.publish([sound]);
    await arrived(1);
    assert.equal(received[0]?.id, sound.id);
  });

  it("re-declares a queue that was deleted under its consumer", async () => {
    const { transport, newQueue, admin } = open;
    const queue = newQueue();
    const { handle, received, arrived } = createRecorder();
    await transport.subscribe({ queue, bindings: bindingsOf(queue), handle });
    await admin.deleteQueue(queue);
    const since = performance.now();
    const command = commandTo(queue);
    await publishUntilHandedOver(transport, [command]);
    await arrived(1);
    assert.ok(performance.now() - since < 2_000, "the watchdog alone would be slower");
    assert.equal(received[0]?.id, command.id);
  });

  it("names the queue and the argument that differ, and goes on with the rest", async () => {
    const { transport, newQueue, admin } = open;
    const [sound, other] = [newQueue(), newQueue()];
    await admin.assertQueue(`${other}.retry`, { arguments: { "x-queue-type": "quorum", "x-message-ttl": 1 } });
    const { handle, arrived } = createRecorder();
    await transport.subscribe({ queue: sound, bindings: bindingsOf(sound), handle });
    await assert.rejects(transport.subscribe({ queue: other, bindings: bindingsOf(other), handle }), (error) => {
      assert.ok(error instanceof TopologyMismatch);
      assert.match(error.message, new RegExp(`inequivalent arg 'x-[a-z-]+' for queue '${other}.retry'`));
      return true;
    });
    assert.equal(transport.ready(), true);
    await transport.publish([commandTo(sound)]);
    await arrived(1);
  });

  it("is not ready while one of its queues takes no messages, and keeps its canaries to itself", async (t) => {
    const { transport, newQueue, admin, dispose } = await openRabbitMq({ checkEveryMs: 1_000 });
    t.after(dispose);
    const queue = newQueue();
    const { handle, received } = createRecorder();
    const keepDeadLetter = () => assert.fail("there is no dead letter");
    await transport.subscribe({ queue, bindings: bindingsOf(queue), handle, keepDeadLetter });
    for (const [own, exchange, routingKey] of [
      [queue, "limen.retry", queue],
      [`${queue}.retry`, "limen.retry", `${queue}.retry`],
      [`${queue}.dead`, "limen.dead", queue],
    ] as const) {
      assert.equal(transport.ready(), true);
      await admin.unbindQueue(own, exchange, routingKey);
      while (transport.ready()) await delay(20);
      await admin.bindQueue(own, exchange, routingKey);
      while (!transport.ready()) await delay(20);
    }
    for (const own of [queue, `${queue}.retry`, `${queue}.dead`]) {
      while ((await admin.checkQueue(own)).messageCount > 0) await delay(20);
    }
    assert.equal(received.length, 0);
  });

  it("opens the channel again that the broker closed, and publishes again", async () => {
    const { transport, newQueue } = open;
    const queue = newQueue();
    const { handle, arrived } = createRecorder();
    await transport.subscribe({ queue, bindings: bindingsOf(queue), handle });
    const nowhere = commandTo(queue, { exchange: "limen.nowhere" as "limen.events" });
    assert.deepEqual(await transport.publish([nowhere]), new Set());
    await publishUntilHandedOver(transport, [commandTo(queue)]);
    await arrived(1);
  });
});
