import { allQueues } from "./observe.ts";
import type { World } from "./world.ts";

/** Makes the world as if nobody had ever registered, for a run that must not see what an earlier one left behind. */
export async function forget({ database, broker }: World): Promise<void> {
  const tables = await database.query<{ name: string }>(`
    select format('%I.%I', schemaname, tablename) as name from pg_tables
    where schemaname in ('users', 'auth', 'faults') and tablename not in ('migrations', 'signing_keys')`);
  await database.query(`truncate ${tables.map(({ name }) => name).join(", ")}`);
  await broker.visit(async (channel) => {
    for (const queue of allQueues) await channel.purgeQueue(queue);
  });
}
