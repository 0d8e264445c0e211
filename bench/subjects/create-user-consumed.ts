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
import type { RoleName } from "../system.ts";

/** As users-service has them at work: users in a transaction, and transactions at a time. */
const batches = { batchSize: 128, concurrency: 2 };
/** Raw inserts are that much faster, about, and a window of either should last as long. */
const limitTimes = 5;
const pollMs = 20;
const patienceMs = 120_000;

export const createUserConsumed: Subject = {
  name: "create-user-consumed",
  what: "CreateUser commands that wait in the queue, from the first to the last user created",
  limit: "raw inserts of the same rows (user, creation, inbox, outbox), 128 of each in a transaction",
  goal: { unit: "ratio", atLeast: 0.4 },
  async measure(bench) {
    const { pace, limen, signal } = bench;
    const broker = await connect(limen.amqpUrl, { noDelay: true });
    const channel = await broker.createConfirmChannel();
    const database = new pg.Client({ connectionString: limen.databaseUrl });
    await database.connect();
    const raw = await openRawInserts(limen.databaseUrl, batches);

    /** From the queue's filling on, which is not the consumer's work, and without what auth-worker makes of new users. */
    async function consume(users: readonly RawUser[]): Promise<Window> {
      const messages = users.map(toMessage);
      signalTo("SIGSTOP", "users-worker", "auth-worker");
      try {
        for (const { exchange, routingKey, content, properties } of messages) {
          channel.publish(exchange, routingKey, content, { ...properties, mandatory: true });
        }
        await channel.waitForConfirms();
        const begin = performance.now();
        signalTo("SIGCONT", "users-worker");
        await until(`select count(*)::int = $3 as reached from users.users where id between $1 and $2`, users);
        return { calls: users.length, seconds: (performance.now() - begin) / 1_000, latenciesMs: [] };
      } finally {
        signalTo("SIGCONT", "users-worker", "auth-worker");
      }
    }

    function signalTo(name: "SIGSTOP" | "SIGCONT", ...roles: readonly RoleName[]): void {
      for (const pid of limen.pidsOf(...roles)) process.kill(pid, name);
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
