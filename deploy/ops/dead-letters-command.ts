import { Command } from "commander";
import { type Context, checkOption, jsonOption, plural, positive, printJson } from "./context.ts";
import { withDatabases } from "./databases.ts";
import { type DeadLetterOptions, parseLetterId, toFilter } from "./dead-letter-filter.ts";
import { withFilterOptions } from "./dead-letter-options.ts";
import { countDeadLetters, type DeadLetter, findDeadLetters } from "./dead-letters.ts";
import { discardCommand } from "./discard-command.ts";
import { ProblemsFound } from "./exit.ts";
import { shortType } from "./limen-queues.ts";
import { describeMoment } from "./moment.ts";
import { replayCommand } from "./replay-command.ts";
import { renderFields, renderTable } from "./table.ts";

export const deadLettersCommand = (context: Context): Command =>
  new Command("dead-letters")
    .description("messages that a service gave up: look, send again, or throw away")
    .addCommand(listCommand(context))
    .addCommand(showCommand(context))
    .addCommand(replayCommand(context))
    .addCommand(discardCommand(context));

function listCommand(context: Context): Command {
  return withFilterOptions(new Command("list").description("the dead letters of both services, the newest first"))
    .option("--limit <count>", "show at most so many", positive, 50)
    .addOption(checkOption())
    .addOption(jsonOption())
    .action(async (options: DeadLetterOptions & { limit: number; check?: boolean; json?: boolean }) => {
      const now = new Date();
      const filter = toFilter([], options, now);
      const { total, letters } = await withDatabases(context, filter.services, async (databases) => {
        let total = 0;
        const found: DeadLetter[] = [];
        for (const database of Object.values(databases)) {
          total += await countDeadLetters(database, filter);
          found.push(...(await findDeadLetters(database, filter, options.limit)));
        }
        return { total, letters: newestFirst(found).slice(0, options.limit) };
      });
      if (options.json === true)
        printJson(context, { total, deadLetters: letters.map(({ data: _, ...rest }) => rest) });
      else if (total === 0) context.terminal.print("No dead letters.\n");
      else context.terminal.print(renderLetters(letters, now));
      if (options.json !== true && total > letters.length)
        context.terminal.note(`${letters.length} of ${total} shown.`);
      if (options.check === true && total > 0) throw new ProblemsFound(plural(total, "dead letter"));
    });
}

function showCommand(context: Context): Command {
  return new Command("show")
    .description("everything about one dead letter, its body too, which may hold personal data")
    .argument("<id>", "as the list has it, e.g. users:17")
    .addOption(jsonOption())
    .action(async (id: string, { json }: { json?: boolean }) => {
      const { service } = parseLetterId(id);
      const letters = await withDatabases(context, [service], (databases) =>
        findDeadLetters(databases[service], toFilter([id], {}, new Date()), 1),
      );
      const [letter] = letters;
      if (letter === undefined) throw new Error(`There is no dead letter ${id}: replayed or discarded meanwhile?`);
      if (json === true) printJson(context, letter);
      else context.terminal.print(renderLetter(letter));
    });
}

const newestFirst = (letters: readonly DeadLetter[]): DeadLetter[] =>
  letters.toSorted((a, b) => b.deadTime.getTime() - a.deadTime.getTime());

const renderLetters = (letters: readonly DeadLetter[], now: Date): string =>
  renderTable<DeadLetter>(
    [
      { title: "id", value: ({ id }) => id },
      { title: "queue", value: ({ queue }) => queue },
      { title: "type", value: ({ type }) => shortType(type) },
      { title: "subject", value: ({ subject }) => subject },
      { title: "reason", value: ({ reason }) => reason },
      { title: "attempts", value: ({ attempts }) => attempts },
      { title: "died", value: ({ deadTime }) => describeMoment(deadTime, now) },
    ],
    letters,
  );

const renderLetter = (letter: DeadLetter): string =>
  renderFields([
    ["id", letter.id],
    ["queue", letter.queue],
    ["type", letter.type],
    ["source", letter.source],
    ["subject", letter.subject],
    ["message id", letter.messageId],
    ["trace", letter.traceparent],
    ["died", letter.deadTime.toISOString()],
    ["attempts", letter.attempts],
    ["reason", letter.reason],
    ["detail", letter.detail],
    ["body", indented(letter.data)],
  ]);

function indented(data: string): string {
  try {
    return JSON.stringify(JSON.parse(data), null, 2);
  } catch {
    return data;
  }
}
