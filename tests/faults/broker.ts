import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type Channel, connect } from "amqplib";
import { canInstallPackages } from "../../deploy/local/debian-packages.ts";
import { createDockerBroker } from "../../deploy/local/docker-rabbitmq.ts";
import { createLocalBroker } from "../../deploy/local/local-rabbitmq.ts";
import { nextFreePort } from "../../deploy/local/ports.ts";
import { type Broker, tryAmqp } from "../../deploy/local/private-rabbitmq.ts";
import { findRabbitMqProgram, installRabbitMq } from "../../deploy/local/rabbitmq-program.ts";
import type { Address } from "./fault-proxy.ts";

/** A RabbitMQ that can be broken. It keeps its address whatever happens to it. */
export interface FaultBroker {
  readonly address: Address;
  /** As a crash does it: the data stay. */
  kill(): Promise<void>;
  /** After `kill`. Resolves when it accepts connections. */
  start(): Promise<void>;
  /** Kills it and starts another one that knows nothing: neither messages nor queues. */
  wipe(): Promise<void>;
  /** What it knows of exchanges and queues gets to disk, which it does by itself within minutes only. */
  syncToDisk(): Promise<void>;
  /** Raises the alarm of a full disk, upon which the broker takes no more messages, or ends it. */
  diskAlarm(on: boolean): Promise<void>;
  /** Closes every channel, and leaves the connections open: what an error on a channel does. */
  closeChannels(): Promise<void>;
  /** Closes every connection in good order, as an operator does. */
  closeConnections(): Promise<void>;
  /** Another client's channel, for as long as the work takes. */
  visit<T>(work: (channel: Channel) => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

const readyMs = 120_000;

export async function startFaultBroker(): Promise<FaultBroker> {
  const port = await nextFreePort(randomInt(20_000, 30_000));
  const url = `amqp://guest:guest@127.0.0.1:${port}`;
  let broker = await createBroker(port);

  async function start(): Promise<void> {
    await broker.start();
    for (const deadline = performance.now() + readyMs; ; await sleep(100)) {
      const failure = await broker.failure();
      if (failure !== undefined) throw new Error(`RabbitMQ does not start: ${failure}`);
      try {
        return await tryAmqp(url);
      } catch (error) {
        if (performance.now() > deadline) throw error;
      }
    }
  }

  try {
    await start();
  } catch (error) {
    await broker.remove();
    throw error;
  }
  return {
    address: { host: "127.0.0.1", port },
    start,
    kill: () => broker.kill(),
    async wipe() {
      await broker.remove();
      broker = await createBroker(port);
      await start();
    },
    syncToDisk: () => broker.evaluate("mnesia:sync_log(), [dets:sync(Table) || Table <- dets:all()]."),
    diskAlarm(on) {
      const limit = on ? `"1000000GB"` : "50000000";
      return broker.evaluate(`rabbit_disk_monitor:set_disk_free_limit(${limit}).`);
    },
    closeChannels: () => broker.evaluate(closeChannels),
    closeConnections: () => broker.evaluate(`rabbit_networking:close_all_connections("the fault suite").`),
    async visit(work) {
      const connection = await connect(url, { timeout: 5_000 });
      // Whatever ends the connection also fails the work.
      connection.on("error", () => undefined);
      try {
        const channel = await connection.createChannel();
        channel.on("error", () => undefined);
        return await work(channel);
      } finally {
        await connection.close();
      }
    },
    stop: () => broker.remove(),
  };
}

/** As if each channel's client had acknowledged what it never got: a 406 on the channel, and on nothing else. */
const closeChannels = `[rabbit_channel:do(Channel, {'basic.ack', 999999999, false}) || Channel <- rabbit_channel:list()].`;

async function createBroker(port: number): Promise<Broker> {
  const program = findRabbitMqProgram() ?? (canInstallPackages() ? await installRabbitMq(console.log) : undefined);
  return program === undefined ? createDockerBroker(port) : await createLocalBroker(program, port);
}
