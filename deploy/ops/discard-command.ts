import { Command } from "commander";
import { type Context, dryRunOption, jsonOption, plural, printJson, yesOption } from "./context.ts";
import { withAllOption, withFilterOptions } from "./dead-letter-options.ts";
import { type WorkOptions, withChosenLetters } from "./dead-letter-work.ts";
import { removeDeadLetters } from "./dead-letters.ts";

export function discardCommand(context: Context): Command {
  return withAllOption(withFilterOptions(new Command("discard")))
    .description("throw dead letters away for good")
    .argument("[ids...]", "as the list has them, e.g. users:17 auth:3")
    .addOption(dryRunOption())
    .addOption(yesOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Asks first, unless --yes says that nobody needs to. A registration does not end because its letter is discarded: its
command is sent again until it is answered, see \`registrations\`.

  npm run ops -- dead-letters discard --type NoSuchType --before 2026-01-31 --dry-run
  npm run ops -- dead-letters discard auth:3 --yes`,
    )
    .action((ids: string[], options: WorkOptions) =>
      withChosenLetters(context, ids, options, async ({ databases, count, inBatches }) => {
        const dryRun = options.dryRun === true;
        const mayAct = !dryRun && count > 0;
        if (mayAct && options.yes !== true) {
          await context.terminal.confirm(`Discard ${plural(count, "dead letter")} for good?`);
        }
        const discarded: string[] = [];
        await inBatches("Discarding", async (service, numbers) => {
          discarded.push(
            ...(mayAct
              ? await removeDeadLetters(databases[service], numbers)
              : numbers.map((number) => `${service}:${number}`)),
          );
        });
        if (options.json === true) return printJson(context, { dryRun, discarded });
        const letters = plural(discarded.length, "dead letter");
        context.terminal.print(dryRun ? `Would discard ${letters}.\n` : `Discarded ${letters}.\n`);
      }),
    );
}
