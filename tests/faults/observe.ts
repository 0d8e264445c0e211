import { setTimeout as sleep } from "node:timers/promises";
import type { Observed } from "./checker.ts";
import { readJournal } from "./journal.ts";
import type { World } from "./world.ts";

const queues = ["user_commands", "auth_commands", "auth_user_events"] as const;
/** With those in which failed messages wait, and those of dead letters. */
export const allQueues = queues.flatMap((queue) => [queue, `${queue}.retry`, `${queue}.dead`]);

/** What is still under way, or has been left behind. Everything is 0 when the system has come to rest. */
export interface Unrest {
  readonly outbox: number;
  /** Registrations and creations without an end. */
  readonly open: number;
  /** Users and accounts that do not agree. */
  readonly torn: number;
  /** Messages in queues, retry queues and queues of dead letters. */
  readonly queued: number;
  /** Dead letters that have not been kept yet. */
  readonly letters: number;
}

/** Resolves with the milliseconds until everything had come to rest, or null when it had not in time. */
export async function convergence(world: World, planted: number, withinMs: number): Promise<number | null> {
  const begin = performance.now();
  for (let quiet = 0; performance.now() - begin < withinMs; await sleep(100)) {
    const { letters, ...rest } = await unrest(world, planted);
    const isQuiet = letters <= 0 && Object.values(rest).every((count) => count === 0);
    quiet = isQuiet ? quiet + 1 : 0;
    // A message between a queue and an outbox is in neither for a moment, but not twice in a row.
    if (quiet === 3) return performance.now() - begin;
  }
  return null;
}

async function unrest({ database, broker }: World, planted: number): Promise<Unrest> {
  const [counts] = await database.query<Record<"outbox" | "open" | "torn" | "letters", number>>(`
    select
      (select count(*) from users.outbox)::int + (select count(*) from auth.outbox)::int as outbox,
      (select count(*) from auth.registrations where state not in ('COMPLETED', 'REJECTED', 'FAILED'))::int
        + (select count(*) from users.creations where outcome is null)::int as open,
      (select count(*) from users.users u full join auth.accounts a on a.user_id = u.id
        where a.user_id is null or u.id is null or a.status <> u.status)::int as torn,
      (select count(*) from users.dead_letters)::int + (select count(*) from auth.dead_letters)::int as letters`);
  if (counts === undefined) throw new Error("a count has no row");
  const depths = await queueDepths(broker);
  return {
    ...counts,
    queued: depths.reduce((sum, { messages }) => sum + messages, 0),
    letters: planted - counts.letters,
  };
}

/** By passive declarations: the broker's statistics of quorum queues are seconds old. */
function queueDepths(broker: World["broker"]): Promise<{ queue: string; messages: number }[]> {
  return broker.visit(async (channel) => {
    const depths: { queue: string; messages: number }[] = [];
    for (const queue of allQueues) depths.push({ queue, messages: (await channel.checkQueue(queue)).messageCount });
    return depths;
  });
}

/** How many consume each queue. */
export const consumers = ({ broker }: World): Promise<number[]> =>
  broker.visit(async (channel) => {
    const counts: number[] = [];
    for (const queue of queues) counts.push((await channel.checkQueue(queue)).consumerCount);
    return counts;
  });

/** Resolves when the workers have declared every queue, at a broker that knew none. */
export async function declared({ broker }: World): Promise<void> {
  for (;;) {
    try {
      return await broker.visit(async (channel) => {
        for (const queue of queues) await channel.checkQueue(`${queue}.retry`);
      });
    } catch (error) {
      // 404: not yet.
      if ((error as { code?: unknown }).code !== 404) throw error;
      await sleep(200);
    }
  }
}

/** Everything the checker judges by, except who can log in. */
export async function observe({ database, broker }: World): Promise<Omit<Observed, "lockedOut">> {
  const [registrations, users, accounts, creations, letters, outbox, journal, depths] = await Promise.all([
    database.query<Observed["registrations"][number]>(
      `select id, user_id as "userId", state, idempotency_key as key from auth.registrations`,
    ),
    database.query<Observed["users"][number]>(`select id, email, status from users.users`),
    database.query<Observed["accounts"][number]>(
      `select user_id as "userId", email, status, password_hash is not null as "hasPassword" from auth.accounts`,
    ),
    database.query<Observed["creations"][number]>(
      `select creation_id as id, user_id as "userId", outcome from users.creations`,
    ),
    database.query<{ messageId: string }>(
      `select message_id as "messageId" from users.dead_letters union all select message_id from auth.dead_letters`,
    ),
    database.query<{ id: string }>(`select id from users.outbox union all select id from auth.outbox`),
    readJournal(database),
    queueDepths(broker),
  ]);
  return {
    registrations,
    users,
    accounts,
    creations,
    journal,
    deadLetters: letters.map(({ messageId }) => messageId),
    outbox: outbox.length,
    queued: depths.filter(({ messages }) => messages > 0),
  };
}
