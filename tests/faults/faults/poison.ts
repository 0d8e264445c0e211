import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Options } from "amqplib";
import type { Wish } from "../client-log.ts";
import type { Fault, FaultContext } from "../fault.ts";
import { ops } from "../ops.ts";
import { count, percentile, register, registered, until } from "./steps.ts";

/** A command that no attempt handles. */
interface Poison {
  readonly id: string;
  readonly kind: (typeof kinds)[number];
  readonly type: string;
  readonly content: Buffer;
}

/** The last kind can be mended: it fails as long as a user is missing. */
const kinds = ["bad bytes", "unknown type", "handler throws"] as const;

/**
 * Poisons become dead letters, exactly they, and hardly anybody notices. An operator sees them, mends what can be mended,
 * and sends them again, all by the command line.
 */
export const poison: Fault = {
  name: "F13",
  title: "poisons among the commands: bad bytes, unknown types, handlers that always throw",
  async inject(context) {
    const { world, scaled, measure, time, plant } = context;
    const registrations = scaled(2_000, 40);
    const calm = await register(context, registrations, { width: 4 });
    const missing = await hideUser(context);
    const poisons = Array.from({ length: scaled(20, 6) }, (_, index) => draw(index, missing.creation));
    const publishing = publishSlowly(context, poisons);
    const poisoned = await register(context, registrations, { width: 4 });
    await publishing;
    const ids = poisons.map(({ id }) => id);
    await until("every poison is a dead letter", 30_000, async () => (await kept(context, ids)) === ids.length);
    time("p99 beside poisons", p99(poisoned), 2 * p99(calm) + noiseMs);
    measure("dead letters", await count(world, "users.dead_letters"), { atMost: ids.length });

    const letters: Letter[] = (await ops(world, "dead-letters", "list")).deadLetters;
    const listed = letters.filter(
      ({ messageId, reason, detail }) => ids.includes(messageId) && isReadable(reason, detail),
    );
    measure("listed with a readable reason", listed.length, { atLeast: ids.length });

    await missing.bringBack();
    const mended = poisons.filter(({ kind }) => kind === "handler throws").map(({ id }) => id);
    const stillWrong = poisons.filter(({ kind }) => kind !== "handler throws").map(({ id }) => id);
    for (let times = 0; times < 2; times++) await ops(world, "dead-letters", "replay", "--all");
    const handled = () => count(world, "users.inbox where message_id = any($1)", [mended]);
    await until("what was mended is handled", 30_000, async () => (await handled()) === mended.length);
    await until("the others die again", 30_000, async () => (await kept(context, stillWrong)) === stillWrong.length);
    measure("handled after a replay", await handled(), { atLeast: mended.length, atMost: mended.length });
    for (const id of stillWrong) plant(id);
  },
};

interface Letter {
  readonly messageId: string;
  readonly reason: string;
  readonly detail: string;
}

const isReadable = (reason: string, detail: string): boolean => /^[A-Z_]{5,}$/.test(reason) && detail.length > 10;

const kept = ({ world }: FaultContext, ids: readonly string[]): Promise<number> =>
  count(world, "users.dead_letters where message_id = any($1)", [ids]);

/** A hundredth of few calls is one call, which may have waited for anything. */
const noiseMs = 250;

const p99 = (wishes: readonly Wish[]): number =>
  percentile(
    wishes.flatMap(({ attempts }) => attempts.map(({ ms }) => ms)),
    0.99,
  );

/** Takes a user away whose creation is recorded. Who asks for it again meets an impossible state. */
async function hideUser(context: FaultContext) {
  const { world } = context;
  const [creation = ""] = registered(await register(context, 1, { waitSeconds: 10 }));
  const [row] = await world.database.query<{ row: unknown }>(
    `delete from users.users u using users.creations c where u.id = c.user_id and c.creation_id = $1
     returning to_json(u) as row`,
    [creation],
  );
  const insert = "insert into users.users select * from json_populate_record(null::users.users, $1)";
  return { creation, bringBack: () => world.database.query(insert, [JSON.stringify(row?.row)]) };
}

function draw(index: number, creationId: string): Poison {
  const id = randomUUID();
  const kind = kinds[index % kinds.length] ?? "bad bytes";
  const type = "limen.users.v1.CreateUser";
  if (kind === "bad bytes") return { id, kind, type, content: Buffer.from([0xff, 0x00, 0xfe, 0x7b]) };
  if (kind === "unknown type") return { id, kind, type: "limen.users.v1.CreateUniverse", content: Buffer.from("{}") };
  const body = { creationId, userId: creationId, name: "Ada Lovelace", email: `ada-${id}@example.com` };
  return { id, kind, type, content: Buffer.from(JSON.stringify(body)) };
}

/** Among the others, not before them. */
async function publishSlowly({ world }: FaultContext, poisons: readonly Poison[]): Promise<void> {
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
      channel.publish("limen.commands", "user_commands", content, options);
      await sleep(20);
    }
  });
}
