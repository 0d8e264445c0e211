import { randomUUID } from "node:crypto";
import type { Options } from "amqplib";
import type { Wish } from "../client-log.ts";
import type { Fault, FaultContext } from "../fault.ts";
import { count, percentile, register, until } from "./steps.ts";

/** A command that no attempt will ever handle. */
interface Poison {
  readonly id: string;
  readonly type: string;
  readonly content: Buffer;
}

export const poison: Fault = {
  name: "F13",
  title: "poisons among the commands: bad bytes, unknown types, handlers that always throw",
  async inject(context) {
    const { world, scaled, measure, time } = context;
    const registrations = scaled(2_000, 40);
    const calm = await register(context, registrations, { width: 4 });
    const impossible = randomUUID();
    // A creation whose user is missing: its handler throws what might be over by the next attempt, and never is.
    await world.database.query(
      `insert into users.creations (creation_id, user_id, outcome) values ($1, $1, 'CREATED')`,
      [impossible],
    );
    const poisons = Array.from({ length: scaled(20, 6) }, (_, index) => draw(index, impossible));
    const publishing = plantSlowly(context, poisons);
    const poisoned = await register(context, registrations, { width: 4 });
    await publishing;
    const ids = poisons.map(({ id }) => id);
    const kept = () => count(world, "users.dead_letters where message_id = any($1) and reason <> ''", [ids]);
    await until("every poison is a dead letter", 30_000, async () => (await kept()) === poisons.length);
    await world.database.query("delete from users.creations where creation_id = $1", [impossible]);
    const limit = 2 * p99(calm) + noiseMs;
    time("p99 beside poisons", p99(poisoned), limit);
    measure("dead letters", await kept(), { atLeast: poisons.length, atMost: poisons.length });
  },
};

/** A hundredth of few calls is one call, which may have waited for anything. */
const noiseMs = 250;

const p99 = (wishes: readonly Wish[]): number =>
  percentile(
    wishes.flatMap(({ attempts }) => attempts.map(({ ms }) => ms)),
    0.99,
  );

function draw(index: number, impossible: string): Poison {
  const id = randomUUID();
  const type = "limen.users.v1.CreateUser";
  const body = { creationId: impossible, userId: impossible, name: "Ada Lovelace", email: `ada-${id}@example.com` };
  if (index % 3 === 0) return { id, type, content: Buffer.from([0xff, 0x00, 0xfe, 0x7b]) };
  if (index % 3 === 1) return { id, type: "limen.users.v1.CreateUniverse", content: Buffer.from("{}") };
  return { id, type, content: Buffer.from(JSON.stringify(body)) };
}

/** Among the others, not before them. */
async function plantSlowly({ world, plant }: FaultContext, poisons: readonly Poison[]): Promise<void> {
  await world.broker.visit(async (channel) => {
    for (const { id, type, content } of poisons) {
      const options: Options.Publish = {
        messageId: id,
        type,
        appId: "faults",
        timestamp: Math.floor(Date.now() / 1_000),
        contentType: "application/json",
        persistent: true,
      };
      plant(id);
      channel.publish("limen.commands", "user_commands", content, options);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });
}
