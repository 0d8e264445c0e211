import { connect } from "amqplib";

export interface BrokerTap {
  /** Body, headers and properties of every message since, as text. */
  readonly messages: readonly string[];
  close(): Promise<void>;
}

/** Everything that goes through Limen's exchanges, whoever it is for. */
export async function tapBroker(url: string): Promise<BrokerTap> {
  const connection = await connect(url);
  const channel = await connection.createChannel();
  const { queue } = await channel.assertQueue("", { exclusive: true });
  for (const exchange of ["limen.commands", "limen.events", "limen.retry", "limen.dead"]) {
    await channel.bindQueue(queue, exchange, "#");
  }
  const messages: string[] = [];
  await channel.consume(
    queue,
    (message) => {
      if (message !== null) messages.push(`${JSON.stringify(message.properties)} ${message.content.toString()}`);
    },
    { noAck: true },
  );
  return { messages, close: () => connection.close() };
}
