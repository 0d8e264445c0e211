import { connect } from "amqplib";
import pg from "pg";
import { UserCreatedSchema } from "../../proto/gen/limen/users/v1/user_events_pb.ts";
import { uuidv7 } from "../../services/platform/ids.ts";
import type { Envelope } from "../../services/platform/messaging/message.ts";
import { event } from "../../services/platform/messaging/message-body.ts";
import { encode } from "../../services/platform/messaging/rabbitmq-message.ts";
import { traceparentFrom } from "../../services/platform/trace.ts";
import { somebody } from "../clients/people.ts";
import { interleave } from "../interleave.ts";
import { openConfirmedBatches } from "../limits/confirmed-batches.ts";
import type { Window } from "../measure.ts";
import { rest, wake } from "../roles-at-rest.ts";
import { ofComparison, type Subject } from "../subject.ts";
import { untilOutboxEmpty } from "../until.ts";

/** What the relay publishes at once. */
const batchSize = 500;
/** For windows of seconds. */
const perRound = 4;
const limitTimes = 1.5;
/** Of the type UserCreated in all but the address: what auth would make of it is no part of this. */
const address = "limen.bench.Relayed";
const queue = "bench_relayed";

const keep = `
  insert into users.outbox (id, type, source, subject, exchange, routing_key, mandatory, traceparent, data, create_time)
  select id, type, source, subject, exchange, "routingKey", mandatory, traceparent, data, "time"
  from json_to_recordset($1::json) as
    (id uuid, type text, source text, subject text, exchange text, "routingKey" text, mandatory boolean,
     traceparent text, data jsonb, "time" timestamptz)`;

export const outboxRelay: Subject = {
  name: "outbox-relay",
  what: "messages in the outbox of users, read, published, confirmed and deleted by the relay of users-worker",
  limit: "amqplib publishing the same messages to the same queue in confirmed batches of 500",
  goal: { unit: "ratio", atLeast: 0.7 },
  async measure({ pace, limen, signal }) {
    const messages = perRound * pace.commands;
    const broker = await connect(limen.amqpUrl, { noDelay: true });
    const channel = await broker.createChannel();
    await channel.assertQueue(queue, { durable: true, arguments: { "x-queue-type": "quorum" } });
    await channel.bindQueue(queue, "limen.events", address);
    const database = new pg.Client({ connectionString: limen.databaseUrl });
    await database.connect();
    const bare = await openConfirmedBatches(limen.amqpUrl, batchSize);

    /** By one relay: that of users-api, which would share the work, rests. */
    async function relay(envelopes: readonly Envelope[]): Promise<Window> {
      rest(limen, "users-worker", "users-api");
      try {
        await database.query(keep, [JSON.stringify(envelopes)]);
        const begin = performance.now();
        wake(limen, "users-worker");
        await untilOutboxEmpty(database, signal);
        return { calls: envelopes.length, seconds: (performance.now() - begin) / 1_000, latenciesMs: [] };
      } finally {
        wake(limen, "users-worker", "users-api");
      }
    }

    const before = async () => void (await channel.purgeQueue(queue));
    const publish = (count: number) => bare.publish(newEnvelopes(count).map(encode));
    try {
      await relay(newEnvelopes(messages));
      await publish(messages);
      return ofComparison(
        await interleave({
          subject: {
            before,
            run: () => relay(newEnvelopes(messages)),
            serving: limen.pidsOf("users-worker"),
          },
          limit: { before, run: () => publish(limitTimes * messages), serving: [process.pid] },
          rounds: pace.rounds,
        }),
      );
    } finally {
      await bare.close();
      await channel.deleteQueue(queue);
      await database.end();
      await broker.close();
    }
  },
};

const newEnvelopes = (count: number): Envelope[] =>
  Array.from({ length: count }, () => {
    const userId = uuidv7();
    const envelope = event(
      UserCreatedSchema,
      { userId, creationId: uuidv7(), email: somebody().email, version: 1n },
      {
        id: uuidv7(),
        source: "bench",
        subject: userId,
        time: new Date(),
        traceparent: traceparentFrom(null),
        mandatory: true,
      },
    );
    return { ...envelope, routingKey: address };
  });
