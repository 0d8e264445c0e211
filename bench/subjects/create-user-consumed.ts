import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "amqplib";
import pg from "pg";
import { CreateUserSchema } from "../../proto/gen/limen/users/v1/user_commands_pb.ts";
import { uuidv7 } from "../../services/platform/ids.ts";
import { command } from "../../services/platform/messaging/message-body.ts";
import { encode, type Outgoing } from "../../services/platform/messaging/rabbitmq-message.ts";
import { somebody } from "../clients/people.ts";
import { interleave } from "../interleave.ts";
import { openRawInserts, type RawUser } from "../limits/raw-inserts.ts";
import type { Window } from "../measure.ts";
import { ofComparison, type Subject } from "../subject.ts";

/** How many commands users-service has at work at a time. */
const prefetch = 32;
/** Raw inserts are that much faster, about, and a window of either should last as long. */
const limitTimes = 5;
const pollMs = 20;
const patienceMs = 120_000;

export const createUserConsumed: Subject = {
  name: "create-user-consumed",
  what: "CreateUser commands, from the first published to the last user created",
  limit: "raw inserts of user, inbox and outbox rows, a transaction each, 32 at a time",
  goal: { unit: "ratio", atLeast: 0.5 },
  async measure(bench) {
    const { pace, limen, signal } = bench;
    const broker = await connect(limen.amqpUrl, { noDelay: true });
    const channel = await broker.createConfirmChannel();
    const database = new pg.Client({ connectionString: limen.databaseUrl });
    await database.connect();
    const raw = await openRawInserts(limen.databaseUrl, prefetch);

    async function consume(users: readonly RawUser[]): Promise<Window> {
      const messages = users.map(toMessage);
      const begin = performance.now();
      for (const { exchange, routingKey, content, properties } of messages) {
        channel.publish(exchange, routingKey, content, { ...properties, mandatory: true });
      }
      await channel.waitForConfirms();
      await until(`select count(*)::int = $3 as reached from users.users where id between $1 and $2`, users);
      const seconds = (performance.now() - begin) / 1_000;
      return { calls: users.length, seconds, latenciesMs: [] };
    }

    /** What follows from the users, their accounts among it, must not burden the next measurement. */
    async function settle(users: readonly RawUser[]): Promise<void> {
      await until(
        `select count(*)::int = $3 and not exists (select from users.outbox) and not exists (select from auth.outbox)
           as reached from auth.accounts where user_id between $1 and $2`,
        users,
      );
    }

    /** The ids of one round lie between two that no other round's lie between: they begin with their time. */
    async function until(query: string, users: readonly RawUser[]): Promise<void> {
      const ids = users.map(({ id }) => id).sort();
      const values = [ids.at(0), ids.at(-1), ids.length];
      for (const deadline = performance.now() + patienceMs; performance.now() < deadline; await sleep(pollMs)) {
        signal.throwIfAborted();
        const { rows } = await database.query<{ reached: boolean }>(query, values);
        if (rows[0]?.reached) return;
      }
      throw new Error(`${users.length} commands were not handled within ${patienceMs / 1_000} s`);
    }

    try {
      const warmUp = newUsers(pace.commands);
      await consume(warmUp);
      await settle(warmUp);
      await raw.insert(newUsers(pace.commands));
      let last: readonly RawUser[] = warmUp;
      return ofComparison(
        await interleave({
          subject: {
            run: () => {
              last = newUsers(pace.commands);
              return consume(last);
            },
            serving: limen.pidsOf("users-worker"),
          },
          limit: {
            before: () => settle(last),
            run: () => raw.insert(newUsers(limitTimes * pace.commands)),
            serving: [process.pid],
          },
          rounds: pace.rounds,
        }),
      );
    } finally {
      await raw.close();
      await database.end();
      await broker.close();
    }
  },
};

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
        traceparent: "",
        routingKey: "user_commands",
      },
    ),
  );
}
