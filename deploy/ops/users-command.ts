import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import { openDatabase } from "../../services/platform/database/database.ts";
import { createTransactions } from "../../services/platform/database/transactions.ts";
import { uuidv7 } from "../../services/platform/ids.ts";
import { createLog } from "../../services/platform/log.ts";
import { createRepublishUsers, type RepublishedUsers } from "../../services/users/application/republish-users.ts";
import { CreationRow, UserRow } from "../../services/users/infrastructure/postgres-schema.ts";
import { createPostgresUnitOfWork } from "../../services/users/infrastructure/postgres-unit-of-work.ts";
import { createPostgresUserReader } from "../../services/users/infrastructure/postgres-user-reader.ts";
import { type Context, dryRunOption, jsonOption, parseUuid, plural, positive, printJson } from "./context.ts";
import { withDatabases, withDatabaseUrls } from "./databases.ts";
import { Incomplete, UsageError } from "./exit.ts";

export const usersCommand = (context: Context): Command =>
  new Command("users").description("what users-service knows of people").addCommand(republishCommand(context));

interface Options {
  readonly all?: boolean;
  readonly rate: number;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

function republishCommand(context: Context): Command {
  return new Command("republish")
    .description("tell everybody again of users as they are now: e-mail address, status and version")
    .argument("[ids...]", "of users")
    .option("--all", "of every user")
    .option("--rate <count>", "at most so many a second, so that sign-ups need not wait behind them", positive, 1_000)
    .addOption(dryRunOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
For a past that was restored: when auth's database comes back from a backup, it knows older versions of users, or none,
and takes over the newer ones that it is told. Who is of the same version already is left alone. An account that the backup
did not have comes back without its password.

When it was the users' database that came back from a backup, this does not help: what auth knows is newer then, and
stays.

  npm run ops -- users republish --all
  npm run ops -- users republish 01a2033c-6b0e-7cc0-a5a1-2f6b7c1d9e00`,
    )
    .action(async (given: string[], options: Options) => {
      if (given.length === 0 && options.all !== true) throw new UsageError("Say which: ids, or --all.");
      if (given.length > 0 && options.all === true) throw new UsageError("Ids and --all exclude each other.");
      const ids = given.map(parseUuid);
      const dryRun = options.dryRun === true;
      const total = await countUsers(context, ids);
      const { count, missing } = dryRun
        ? { count: total, missing: [] }
        : await republish(context, options.all === true ? "all" : ids, { total, rate: options.rate });
      if (options.json === true) printJson(context, { dryRun, count, missing });
      else context.terminal.print(`${dryRun ? "Would republish" : "Republished"} ${plural(count, "user")}.\n`);
      if (missing.length > 0) throw new Incomplete(`There is no user ${missing.join(", ")}.`);
    });
}

const countUsers = (context: Context, ids: readonly string[]): Promise<number> =>
  withDatabases(context, ["users"], async ({ users }) => {
    const { rows } = await users.client.query<{ count: number }>(
      "select count(*)::integer as count from users.users where $1 = '{}'::uuid[] or id = any($1)",
      [ids],
    );
    return rows[0]?.count ?? 0;
  });

function republish(
  context: Context,
  which: readonly string[] | "all",
  { total, rate }: { total: number; rate: number },
): Promise<RepublishedUsers> {
  return withDatabaseUrls(context, ["users"], async ({ users: url }) => {
    const db = await openDatabase({
      url,
      entities: [UserRow, CreationRow],
      applicationName: "limen ops",
      poolSize: 2,
      log: createLog("silent", "ops"),
    });
    const progress = context.terminal.progress("Republishing", total);
    try {
      const uow = createPostgresUnitOfWork({
        transactions: createTransactions(db),
        clock: { now: () => new Date() },
        ids: { next: () => uuidv7() },
        onMessages: () => undefined,
      });
      const republishUsers = createRepublishUsers({ uow, reader: createPostgresUserReader(db.pool) });
      let next = performance.now();
      return await republishUsers(which, async (count) => {
        progress.advance(count);
        next += (count / rate) * 1_000;
        await sleep(Math.max(0, next - performance.now()));
      });
    } finally {
      progress.end();
      await db.close();
    }
  });
}
