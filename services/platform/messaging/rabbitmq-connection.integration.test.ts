import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { pino } from "pino";
import { type FaultProxy, openFaultProxy } from "../../../tests/support/fault-proxy.ts";
import { brokerUrl, type OpenRabbitMq, openRabbitMq } from "./rabbitmq.fixture.ts";
import { commandTo, createRecorder, ids, publishUntilHandedOver } from "./transport.fixture.ts";

const broker = { host: brokerUrl().hostname, port: Number(brokerUrl().port || 5672) };

function urlThrough(port: number): URL {
  const url = brokerUrl();
  url.hostname = "127.0.0.1";
  url.port = String(port);
  return url;
}

describe("RabbitMQ transport on a bad line", { timeout: 60_000 }, () => {
  let proxy: FaultProxy;
  let open: OpenRabbitMq;
  beforeEach(async () => {
    proxy = await openFaultProxy(broker);
    open = await openRabbitMq({ url: urlThrough(proxy.port).href, confirmTimeoutMs: 500 });
  });
  afterEach(async () => {
    await open.dispose();
    await proxy.close();
  });

  async function subscribed(react?: Parameters<typeof createRecorder>[0]) {
    const queue = open.newQueue();
    const recorder = createRecorder(react);
    const bindings = [{ exchange: "limen.commands", routingKey: queue }] as const;
    await open.transport.subscribe({ queue, bindings, handle: recorder.handle });
    return { queue, ...recorder };
  }

  /** A message is published and consumed, in how many ms. */
  async function roundTrip({ queue, received, arrived }: Awaited<ReturnType<typeof subscribed>>): Promise<number> {
    const since = performance.now();
    const command = commandTo(queue);
    await publishUntilHandedOver(open.transport, [command]);
    while (!ids(received).includes(command.id)) await arrived(received.length + 1);
    return performance.now() - since;
  }

  it("consumes and publishes again within 5 s of a reset, every time", async () => {
    const subscription = await subscribed();
    for (let round = 0; round < 5; round += 1) {
      assert.equal(proxy.reset(), 2);
      assert.ok((await roundTrip(subscription)) < 5_000);
    }
  });

  it("survives resets while it is setting up", async () => {
    const subscription = await subscribed();
    for (const afterMs of [0, 2, 5, 10, 20, 40]) {
      proxy.reset();
      await proxy.connection();
      await delay(afterMs);
    }
    proxy.reset();
    assert.ok((await roundTrip(subscription)) < 5_000);
  });

  it("gets a message again whose handler was at work when the connection broke", async () => {
    const first = Promise.withResolvers<void>();
    const { queue, received, arrived } = await subscribed(() =>
      received.length === 1 ? first.promise : Promise.resolve(),
    );
    const command = commandTo(queue);
    await open.transport.publish([command]);
    await arrived(1);
    proxy.reset();
    await arrived(2);
    first.resolve();
    assert.deepEqual(
      received.map(({ id, attempt }) => ({ id, attempt })),
      [
        { id: command.id, attempt: 1 },
        { id: command.id, attempt: 1 },
      ],
    );
  });

  it("gives up a connection on which no confirm comes, and hands nothing over on it", async () => {
    const subscription = await subscribed();
    proxy.blackhole();
    assert.deepEqual(await open.transport.publish([commandTo(subscription.queue)]), new Set());
    assert.equal(open.transport.ready(), false);
    proxy.heal();
    await publishUntilHandedOver(open.transport, [commandTo(subscription.queue)]);
  });

  it("waits for handlers of a lost connection when it drains", async () => {
    const gate = Promise.withResolvers<void>();
    let finished = false;
    const { queue, arrived } = await subscribed(async () => {
      await gate.promise;
      finished = true;
    });
    await open.transport.publish([commandTo(queue)]);
    await arrived(1);
    proxy.reset();
    const draining = open.transport.drain().then(() => finished);
    gate.resolve();
    assert.equal(await draining, true);
  });
});

describe("RabbitMQ transport without a broker", { timeout: 30_000 }, () => {
  it("starts, hands nothing over, and begins when the broker comes", async (t) => {
    const reserved = await openFaultProxy(broker);
    await reserved.close();
    const { transport, newQueue, dispose } = await openRabbitMq({ url: urlThrough(reserved.port).href });
    t.after(dispose);
    const queue = newQueue();
    const { handle, arrived } = createRecorder();
    await transport.subscribe({ queue, bindings: [{ exchange: "limen.commands", routingKey: queue }], handle });
    assert.equal(transport.ready(), false);
    assert.deepEqual(await transport.publish([commandTo(queue)]), new Set());

    const proxy = await openFaultProxy(broker, reserved.port);
    t.after(() => proxy.close());
    await publishUntilHandedOver(transport, [commandTo(queue)]);
    await arrived(1);
    // The first message may be here while other queues are still being opened.
    while (!transport.ready()) await delay(10);
  });

  it("tells of refused credentials without telling them", async () => {
    const lines: string[] = [];
    const url = brokerUrl();
    url.username = "nobody";
    url.password = "hunter2%21";
    const open = await openRabbitMq({ url: url.href, log: pino({}, { write: (line) => lines.push(line) }) });
    await open.dispose();
    assert.match(lines.join(""), /ACCESS_REFUSED/);
    assert.doesNotMatch(lines.join(""), /hunter2/);
  });
});
