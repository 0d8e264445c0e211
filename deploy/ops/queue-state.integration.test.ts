import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { type Channel, type ChannelModel, connect } from "amqplib";
import { amqpUrl } from "../../tests/support/rabbitmq.ts";
import { runOps } from "./program.fixture.ts";
import { queueState } from "./queue-state.ts";

describe("the state of a queue", () => {
  const queue = `test-${randomUUID()}`;
  let connection: ChannelModel;
  let channel: Channel;
  before(async () => {
    connection = await connect(amqpUrl());
    channel = await connection.createChannel();
    await channel.assertQueue(queue, { durable: true, arguments: { "x-queue-type": "quorum" } });
  });
  after(async () => {
    await channel.deleteQueue(queue);
    await connection.close();
  });

  it("is ok when its leader answers, empty or not", async () => {
    assert.deepEqual(await queueState(amqpUrl(), queue), { condition: "ok", messages: 0, consumers: 0 });
    channel.sendToQueue(queue, Buffer.from("one"));
    const { consumerTag } = await channel.consume(queue, () => undefined);
    assert.deepEqual(await queueState(amqpUrl(), queue), { condition: "ok", messages: 0, consumers: 1 });
    await channel.cancel(consumerTag);
    await channel.recover();
    assert.deepEqual(await queueState(amqpUrl(), queue), { condition: "ok", messages: 1, consumers: 0 });
  });

  it("is missing when nobody declared it", async () => {
    assert.deepEqual(await queueState(amqpUrl(), `${queue}-not`), {
      condition: "missing",
      messages: null,
      consumers: null,
    });
  });

  it("is not known without a broker", async () => {
    await assert.rejects(queueState("amqp://127.0.0.1:1", queue), { code: "ECONNREFUSED" });
    const { code, notes } = await runOps({ AMQP_URL: "amqp://127.0.0.1:1" }, ["queues"]);
    assert.equal(code, 1);
    assert.match(notes, /ECONNREFUSED/);
  });
});

describe("ops queues", () => {
  it("tells of each queue of Limen, and of its retry and dead queues", async () => {
    const { code, json } = await runOps({ AMQP_URL: amqpUrl() }, ["queues", "--json"]);
    assert.equal(code, 0);
    assert.deepEqual(
      json.queues.map(({ queue }: { queue: string }) => queue),
      ["user_commands", "auth_commands", "auth_user_events"].flatMap((name) => [name, `${name}.retry`, `${name}.dead`]),
    );
    for (const { state } of json.queues) assert.match(state, /^(ok|missing|no-consumer)$/);
  });

  it("counts what is not ok as a problem only when asked to check", async () => {
    const url = new URL(amqpUrl());
    assert.equal((await runOps({ AMQP_URL: url.href }, ["queues"])).code, 0);
    assert.equal((await runOps({ AMQP_URL: "postgresql://wrong" }, ["queues"])).code, 2);
  });
});
