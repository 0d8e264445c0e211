import { Command, Option } from "commander";
import { type Context, checkOption, jsonOption, printJson } from "./context.ts";
import { type Service, type ServiceDatabase, services, withDatabases } from "./databases.ts";
import { ProblemsFound } from "./exit.ts";
import { describeMoment, describeSpan, parseSpan } from "./moment.ts";
import { renderTable } from "./table.ts";

/** What waits to be handed over. The fields are those of `--json`. */
interface OutboxState {
  readonly service: Service;
  readonly rows: number;
  /** When the oldest was written; null when there is none. */
  readonly oldestTime: Date | null;
  /** The most that a message has failed to be handed over. */
  readonly attempts: number;
  /** When the next attempt for any of them is due. */
  readonly nextTime: Date | null;
}

async function outboxState({ service, client }: ServiceDatabase): Promise<OutboxState> {
  const { rows } = await client.query<Omit<OutboxState, "service">>(
    `select count(*)::integer as rows, min(create_time) as "oldestTime", coalesce(max(attempts), 0) as attempts,
       min(not_before) as "nextTime"
     from ${service}.outbox`,
  );
  const [state] = rows;
  if (state === undefined) throw new Error("an aggregate without a row");
  return { service, ...state };
}

interface Options {
  readonly service?: Service;
  readonly olderThan: string;
  readonly check?: boolean;
  readonly json?: boolean;
}

export function outboxCommand(context: Context): Command {
  return new Command("outbox")
    .description("messages that wait to be handed over: none, or none older than moments, when all is well")
    .addOption(new Option("--service <name>", "of this service alone").choices(services))
    .addOption(checkOption())
    .option("--older-than <duration>", "with --check: what counts as a problem", "1m")
    .addOption(jsonOption())
    .action(async (options: Options) => {
      const maxAgeMs = parseSpan(options.olderThan);
      const wanted = options.service === undefined ? services : [options.service];
      const states = await withDatabases(context, wanted, async (databases) => {
        const found: OutboxState[] = [];
        for (const service of wanted) found.push(await outboxState(databases[service]));
        return found;
      });
      const now = new Date();
      if (options.json === true) printJson(context, { outboxes: states });
      else context.terminal.print(render(states, now));
      const late = states.filter(({ oldestTime }) => oldestTime !== null && now.getTime() - +oldestTime > maxAgeMs);
      if (options.check === true && late.length > 0) {
        const names = late.map(({ service }) => service).join(" and ");
        throw new ProblemsFound(`Messages of ${names} have waited for more than ${describeSpan(maxAgeMs)}.`);
      }
    });
}

const render = (states: readonly OutboxState[], now: Date): string =>
  renderTable<OutboxState>(
    [
      { title: "service", value: ({ service }) => service },
      { title: "rows", value: ({ rows }) => rows },
      { title: "oldest", value: ({ oldestTime }) => describeMoment(oldestTime, now) },
      { title: "attempts", value: ({ attempts }) => attempts },
      { title: "next", value: ({ nextTime }) => (isPast(nextTime, now) ? "now" : describeMoment(nextTime, now)) },
    ],
    states,
  );

const isPast = (moment: Date | null, now: Date): boolean => moment !== null && moment <= now;
