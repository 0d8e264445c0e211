import { connect } from "amqplib";
import pg from "pg";
import { CreateUserSchema } from "../../proto/gen/limen/users/v1/user_commands_pb.ts";
import { uuidv7 } from "../../services/platform/ids.ts";
import { command } from "../../services/platform/messaging/message-body.ts";
import { encode, type Outgoing } from "../../services/platform/messaging/rabbitmq-message.ts";
import { traceparentFrom } from "../../services/platform/trace.ts";
import { somebody } from "../clients/people.ts";
import { interleave } from "../interleave.ts";
import { openRawInserts, type RawUser } from "../limits/raw-inserts.ts";
import type { Window } from "../measure.ts";
import { rest, wake } from "../roles-at-rest.ts";
import { ofComparison, type Subject } from "../subject.ts";
import { until, untilOutboxEmpty } from "../until.ts";

/** As users-service has them at work. */
const batchSize = 128;
/** For windows of seconds: at first the code is still being compiled. */
const perRound = 4;
/** Raw inserts are that much faster, about, and a window of either should last as long. */
const limitTimes = 2;

export const createUserConsumed: Subject = {
  name: "create-user-consumed",
  what: "CreateUser commands that wait in the queue, first to last user created; their answers are relayed meanwhile",
  limit: "raw inserts of the same rows (user, creation, inbox, outbox), 128 of each in a transaction, no broker",
  goal: { unit: "ratio", atLeast: 0.5 },
  async measure(bench) {
    const { pace, limen, signal } = bench;
    const commands = perRound * pace.commands;
    const broker = await connect(limen.amqpUrl, { noDelay: true });
    const channel = await broker.createConfirmChannel();
    const database = new pg.Client({ connectionString: limen.databaseUrl });
    await database.connect();
    const raw = await openRawInserts(limen.databaseUrl, batchSize);

    /** From the queue's filling on, which is not the consumer's work, and without what auth-worker makes of new users. */
    async function consume(users: readonly RawUser[]): Promise<Window> {
      rest(limen, "users-worker", "auth-worker");
      try {
        for (const { exchange, routingKey, content, properties } of users.map(toMessage)) {
          channel.publish(exchange, routingKey, content, { ...properties, mandatory: true });
        }
        await channel.waitForConfirms();
        const begin = performance.now();
        wake(limen, "users-worker");
        // First of the last ones, for to count them all, again and again, would be work too.
        await untilCreated(users.slice(-batchSize));
        await untilCreated(users);
        const seconds = (performance.now() - begin) / 1_000;
        // The answers that are still on their way must not burden the next measurement.
        await untilOutboxEmpty(database, signal);
        return { calls: users.length, seconds, latenciesMs: [] };
      } finally {
        // Auth would be busy with these users for longer than all the rest takes.
        await channel.purgeQueue("auth_user_events");
        wake(limen, "users-worker", "auth-worker");
      }
    }

    /** The ids of some that were made one after the other lie between two that no other's lie between. */
    const untilCreated = (users: readonly RawUser[]) =>
      until(
        database,
        "select count(*)::int = $3 as reached from users.users where id between $1 and $2",
        [users.at(0)?.id, users.at(-1)?.id, users.length],
        signal,
      );

    try {
      await consume(newUsers(commands));
      await raw.insert(newUsers(commands), 1);
      const comparison = await interleave({
        subject: { run: () => consume(newUsers(commands)), serving: limen.pidsOf("users-worker") },
        limit: { run: () => raw.insert(newUsers(limitTimes * commands), 1), serving: [process.pid] },
        rounds: pace.rounds,
      });
      const { calls, seconds } = await raw.insert(newUsers(2 * limitTimes * commands), 2);
      const name = "by the rate of raw inserts in two transactions at a time, which is how users-service works";
      const value = (comparison.subject.rate / (calls / seconds)).toFixed(2);
      return { ...ofComparison(comparison), parts: [{ name, value }] };
    } finally {
      await raw.close();
      await database.end();
      await broker.close();
    }
  },
};

/** In the order of their ids. */
const newUsers = (count: number): RawUser[] =>
  Array.from({ length: count }, () => {
    const { name, email } = somebody();
    return { id: uuidv7(), name, email };
  });

function toMessage({ id: userId, name, email }: RawUser): Outgoing {
  const creationId = uuidv7();
  return encode(
    command(
      CreateUserSchema,
      { creationId, userId, name, email },
      {
        id: uuidv7(),
        source: "bench",
        subject: creationId,
        time: new Date(),
        traceparent: traceparentFrom(null),
        routingKey: "user_commands",
      },
    ),
  );
}
