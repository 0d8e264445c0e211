import { Command } from "commander";
import { type AuthStore, withAuthStore } from "./auth-store.ts";
import { type Context, dryRunOption, jsonOption, plural, printJson, yesOption } from "./context.ts";
import { withOwnerUrl } from "./databases.ts";
import { parseMoment } from "./moment.ts";

interface Options {
  readonly before: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** Each batch is a transaction of its own, so that no lock is held for long. */
const batchSize = 10_000;

export function auditPruneCommand(context: Context): Command {
  return new Command("prune")
    .description("forget what happened before a time, for good")
    .requiredOption("--before <time>", "2026-01-31, 2026-01-31T12:00:00Z, or how long ago: 365d")
    .addOption(dryRunOption())
    .addOption(yesOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Nothing else shortens the trail: it is kept for ever, and auth-service's own database role may not delete from it. So this
needs the owner of the schemas: MIGRATIONS_DATABASE_URL, or DATABASE_URL, or the database of \`npm start\`. Asks first, unless
--yes says that nobody needs to, and leaves an event that tells of it.

  npm run ops -- audit export --until 2026-01-01 --json > 2025.jsonl
  npm run ops -- audit prune --before 2026-01-01`,
    )
    .action(({ before: text, dryRun = false, yes = false, json = false }: Options) =>
      withOwnerUrl(context, (url) =>
        withAuthStore(url, async (store) => {
          const before = parseMoment(text, store.clock.now());
          const moment = before.toISOString();
          const count = await countBefore(store, before);
          const events = `${plural(count, "event")} from before ${moment}`;
          if (!dryRun && count > 0) {
            if (!yes) await context.terminal.confirm(`Forget ${events} for good?`);
            await store.uow.run(({ audit }) => audit({ event: "audit_pruned", by: "operator", before: moment }));
            await pruneBefore(store, before);
          }
          if (json) return printJson(context, { dryRun, before: moment, count });
          context.terminal.print(`${dryRun ? "Would forget" : "Forgot"} ${events}.\n`);
        }),
      ),
    );
}

/** A long trail takes longer to count than a service may let a statement run. */
async function countBefore({ pool }: AuthStore, before: Date): Promise<number> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    await client.query("set local statement_timeout = '60s'");
    const { rows } = await client.query("select count(*) from auth.audit_events where occur_time < $1", [before]);
    await client.query("commit");
    return Number(rows[0].count);
  } finally {
    client.release();
  }
}

async function pruneBefore({ pool }: AuthStore, before: Date): Promise<void> {
  for (let forgotten = batchSize; forgotten === batchSize; ) {
    // Ids are in the order of time: a batch is the beginning of the index.
    const { rowCount } = await pool.query(
      `delete from auth.audit_events where occur_time < $1 and id in
         (select id from auth.audit_events where occur_time < $1 order by id limit $2)`,
      [before, batchSize],
    );
    forgotten = rowCount ?? 0;
  }
}
