import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { connect } from "amqplib";
import { startPrivateRabbitMq, tryAmqp } from "./private-rabbitmq.ts";

describe("private RabbitMQ", () => {
  it("keeps durable messages over a crash, and leaves nothing behind when stopped", async (t) => {
    // Other suites run brokers of their own at the same time.
    const temporary = await mkdtemp(join(tmpdir(), "limen-test-"));
    process.env.TMPDIR = temporary;
    t.after(() => rm(temporary, { recursive: true }));
    const broker = await startPrivateRabbitMq();
    t.after(() => broker.stop());
    const queue = `kept-${randomUUID()}`;
    await withChannel(broker.url, async (channel) => {
      await channel.assertQueue(queue, { durable: true });
      channel.sendToQueue(queue, Buffer.from("still here"), { persistent: true });
      await channel.waitForConfirms();
    });
    await broker.syncToDisk();

    await broker.kill();
    await assert.rejects(tryAmqp(broker.url), /ECONNREFUSED/);
    await broker.restart();
    await withChannel(broker.url, async (channel) => {
      const message = await channel.get(queue, { noAck: true });
      assert.equal(message !== false && message.content.toString(), "still here");
    });

    await broker.stop();
    await assert.rejects(tryAmqp(broker.url), /ECONNREFUSED/);
    assert.deepEqual(await readdir(temporary), []);
  });
});

type Connection = Awaited<ReturnType<typeof connect>>;
type Channel = Awaited<ReturnType<Connection["createConfirmChannel"]>>;

async function withChannel(url: string, work: (channel: Channel) => Promise<void>): Promise<void> {
  const connection = await connect(url);
  try {
    await work(await connection.createConfirmChannel());
  } finally {
    await connection.close();
  }
}
