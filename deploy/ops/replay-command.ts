import { Command } from "commander";
import { type Context, dryRunOption, jsonOption, plural, printJson } from "./context.ts";
import { withAllOption, withFilterOptions } from "./dead-letter-options.ts";
import { type WorkOptions, withChosenLetters } from "./dead-letter-work.ts";
import { Incomplete } from "./exit.ts";
import { replayDeadLetters } from "./replay-dead-letters.ts";
import { renderTable } from "./table.ts";

export function replayCommand(context: Context): Command {
  return withAllOption(withFilterOptions(new Command("replay")))
    .description("send dead letters again, under their own message ids, after what killed them is mended")
    .argument("[ids...]", "as the list has them, e.g. users:17 auth:3")
    .addOption(dryRunOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
The messages go into the outbox and leave it as every message does, so that a service has to run for them to arrive.
A letter that is sent again is a letter no more; dies its message anew, it comes back under a new id. Replaying twice
does nothing twice: receivers know the ids of what they have handled.

What cannot arrive is refused and stays: a body that is no JSON object, a message id that is no UUID.

  npm run ops -- dead-letters replay --queue user_commands --reason ATTEMPTS_EXHAUSTED --after 2h --dry-run
  npm run ops -- dead-letters replay users:17 users:18`,
    )
    .action((ids: string[], options: WorkOptions) =>
      withChosenLetters(context, ids, options, async ({ databases, inBatches }) => {
        const dryRun = options.dryRun === true;
        const replayed: string[] = [];
        const refused: { id: string; why: string }[] = [];
        await inBatches("Replaying", async (service, numbers) => {
          const done = await replayDeadLetters(databases, service, numbers, { dryRun });
          replayed.push(...done.replayed);
          refused.push(...done.refused);
        });
        if (options.json === true) printJson(context, { dryRun, replayed, refused });
        else print(context, { dryRun, replayed, refused });
        if (refused.length > 0) throw new Incomplete(`${plural(refused.length, "dead letter")} cannot be replayed.`);
      }),
    );
}

interface Report {
  readonly dryRun: boolean;
  readonly replayed: readonly string[];
  readonly refused: readonly { readonly id: string; readonly why: string }[];
}

function print({ terminal }: Context, { dryRun, replayed, refused }: Report): void {
  const letters = plural(replayed.length, "dead letter");
  terminal.print(dryRun ? `Would replay ${letters}.\n` : `Replayed ${letters}.\n`);
  if (refused.length === 0) return;
  const columns = [
    { title: "refused", value: ({ id }: Report["refused"][number]) => id },
    { title: "why", value: ({ why }: Report["refused"][number]) => why },
  ];
  terminal.print(renderTable(columns, refused));
}
