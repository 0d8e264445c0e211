import { Command, CommanderError } from "commander";
import { ConfigError } from "../../services/platform/config.ts";
import { DomainError } from "../../services/platform/errors.ts";
import { describeError } from "../../services/platform/log.ts";
import { auditCommand } from "./audit-command.ts";
import type { Context } from "./context.ts";
import { deadLettersCommand } from "./dead-letters-command.ts";
import { exitCodes, Incomplete, ProblemsFound, UsageError } from "./exit.ts";
import { keysCommand } from "./keys-command.ts";
import { mailsCommand } from "./mails-command.ts";
import { migrateCommand } from "./migrate-command.ts";
import { outboxCommand } from "./outbox-command.ts";
import { queuesCommand } from "./queues-command.ts";
import { registrationsCommand } from "./registrations-command.ts";
import { rolesCommand } from "./roles-command.ts";
import { usersCommand } from "./users-command.ts";

/** What an operator does to a Limen, from a shell beside its database. @returns the exit code. */
export async function runProgram(context: Context, args: readonly string[]): Promise<number> {
  try {
    await createProgram(context).parseAsync(args, { from: "user" });
    return exitCodes.ok;
  } catch (error) {
    // Its own message commander has written already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    context.terminal.note(explain(error));
    if (error instanceof UsageError || error instanceof ConfigError) return exitCodes.usage;
    return error instanceof ProblemsFound ? exitCodes.problemsFound : exitCodes.failed;
  }
}

function createProgram(context: Context): Command {
  const program = new Command("limen ops")
    .description("Operate Limen: look into its queues, mend what got stuck.")
    .addHelpText(
      "after",
      `
Each service's database is found by USERS_DATABASE_URL and AUTH_DATABASE_URL, by DATABASE_URL, or under DATA_DIR (.data),
where \`npm start\` keeps it, running or not. The broker: see \`queues --help\`.

Results go to standard output, everything else to standard error. Exit codes: 0 done, 1 failed or not all done, 2 wrong
usage, 3 problems found (with --check).`,
    )
    .addCommand(queuesCommand(context))
    .addCommand(deadLettersCommand(context))
    .addCommand(outboxCommand(context))
    .addCommand(registrationsCommand(context))
    .addCommand(usersCommand(context))
    .addCommand(rolesCommand(context))
    .addCommand(keysCommand(context))
    .addCommand(mailsCommand(context))
    .addCommand(auditCommand(context))
    .addCommand(migrateCommand(context));
  for (const command of withSubcommands(program)) {
    command
      .exitOverride()
      .showHelpAfterError("(--help tells more)")
      .configureOutput({
        writeOut: (text) => context.terminal.print(text),
        writeErr: (text) => context.terminal.note(text.trimEnd()),
      });
  }
  return program;
}

const withSubcommands = (command: Command): Command[] => [command, ...command.commands.flatMap(withSubcommands)];

function explain(error: unknown): string {
  if (error instanceof DomainError) return `${error.message} (${error.reason})`;
  const isPlain = [UsageError, Incomplete, ProblemsFound, ConfigError].some((kind) => error instanceof kind);
  return isPlain && error instanceof Error ? error.message : describeError(error);
}
