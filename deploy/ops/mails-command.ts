import { Command } from "commander";
import { mailNotFound } from "../../services/auth/domain/errors.ts";
import {
  createPostgresMailOperations,
  type DeadMail,
  type MailOperations,
} from "../../services/auth/infrastructure/postgres-mail-operations.ts";
import { withAuth } from "./auth-store.ts";
import { type Context, jsonOption, printJson } from "./context.ts";

const most = 1_000;

export function mailsCommand(context: Context): Command {
  const command = new Command("mails").description("mails that could not be sent");
  command
    .command("list")
    .description(`the mails that were given up, oldest first (${most} at most), and how many wait`)
    .addOption(jsonOption())
    .action(({ json = false }: { json?: boolean }) =>
      withAuth(context, async ({ pool }) => {
        const operations = createPostgresMailOperations(pool);
        const [waiting, dead] = [await operations.countWaiting(), await operations.listDead(most)];
        if (json) return printJson(context, { waiting, dead });
        context.terminal.print(
          `${[...dead.map(describe), `${waiting} waiting, ${dead.length} given up`].join("\n")}\n`,
        );
      }),
    );
  command
    .command("retry")
    .description("send mails that were given up as if they were new")
    .argument("<id...>", "ids of the mails, from the list")
    .action((ids: string[]) => forEach(context, ids, (operations, id) => operations.retry(id)));
  command
    .command("discard")
    .description("forget mails that were given up")
    .argument("<id...>", "ids of the mails, from the list")
    .action((ids: string[]) => forEach(context, ids, (operations, id) => operations.discard(id)));
  return command;
}

const forEach = (
  context: Context,
  ids: readonly string[],
  work: (operations: MailOperations, id: string) => Promise<boolean>,
) =>
  withAuth(context, async ({ pool }) => {
    const operations = createPostgresMailOperations(pool);
    for (const id of ids) if (!(await work(operations, id))) throw mailNotFound(id);
  });

const describe = ({ id, template, to, failure, attempts, deadTime }: DeadMail): string =>
  `${id}  ${template.padEnd(16)}  ${to}  ${deadTime.toISOString()}  after ${attempts} attempts: ${failure}`;
