import { type Channel, connect } from "amqplib";
import { type PrivateRabbitMq, startPrivateRabbitMq } from "../../deploy/local/private-rabbitmq.ts";
import type { Address } from "../support/fault-proxy.ts";

/** A RabbitMQ that can be broken. It keeps its address whatever happens to it. */
export interface FaultBroker extends PrivateRabbitMq {
  readonly address: Address;
  /** Raises the alarm of a full disk, upon which the broker takes no more messages, or ends it. */
  diskAlarm(on: boolean): Promise<void>;
  /** Closes every channel, and leaves the connections open: what an error on a channel does. */
  closeChannels(): Promise<void>;
  /** Closes every connection in good order, as an operator does. */
  closeConnections(): Promise<void>;
  /** Another client's channel, for as long as the work takes. */
  visit<T>(work: (channel: Channel) => Promise<T>): Promise<T>;
}

export async function startFaultBroker(): Promise<FaultBroker> {
  const broker = await startPrivateRabbitMq();
  const { hostname: host, port } = new URL(broker.url);
  return {
    ...broker,
    address: { host, port: Number(port) },
    diskAlarm(on) {
      const limit = on ? `"1000000GB"` : "50000000";
      return broker.evaluate(`rabbit_disk_monitor:set_disk_free_limit(${limit}).`);
    },
    closeChannels: () => broker.evaluate(closeChannels),
    closeConnections: () => broker.evaluate(`rabbit_networking:close_all_connections("the fault suite").`),
    async visit(work) {
      const connection = await connect(broker.url, { timeout: 5_000 });
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
  };
}

/** As if each channel's client had acknowledged what it never got: a 406 on the channel, and on nothing else. */
const closeChannels = `[rabbit_channel:do(Channel, {'basic.ack', 999999999, false}) || Channel <- rabbit_channel:list()].`;
