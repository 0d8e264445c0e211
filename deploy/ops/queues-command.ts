import { Command } from "commander";
import { z } from "zod";
import { parseConfig } from "../../services/platform/config.ts";
import { type Context, checkOption, jsonOption, plural, printJson } from "./context.ts";
import type { Service } from "./databases.ts";
import { ProblemsFound } from "./exit.ts";
import { type LimenQueue, limenQueues } from "./limen-queues.ts";
import { type QueueState, queueState } from "./queue-state.ts";
import { renderTable } from "./table.ts";

/** One queue of the broker. The fields are those of `--json`. */
interface QueueReport extends Pick<QueueState, "messages" | "consumers"> {
  readonly queue: string;
  /** What messages in it are for: to be handled, to wait for another attempt, to be kept as dead letters. */
  readonly kind: "main" | "retry" | "dead";
  readonly consumer: Service;
  /** "no-consumer": it is well, but its messages wait, for the worker is away. */
  readonly state: QueueState["condition"] | "no-consumer";
}

export function queuesCommand(context: Context): Command {
  return new Command("queues")
    .description("every queue of Limen at the broker: what is in it, who consumes it, and whether its leader answers")
    .addOption(checkOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Finds the broker by USERS_AMQP_URL and AUTH_AMQP_URL, or by AMQP_URL. \`npm start\` has none: there, see \`outbox\`.

  ok           its leader answers, and where it needs a consumer it has one
  no-consumer  its messages wait: the worker is away
  no-leader    its nodes are down, or too few of them are up
  missing      it is declared when its worker connects
  unknown      the broker user may not ask

Retry queues have no consumer: their messages go back by themselves. Messages in a .dead queue are on their way into
the table of dead letters.`,
    )
    .action(async ({ check, json }: { check?: boolean; json?: boolean }) => {
      const urls = brokerUrls(context.env);
      const reports = await Promise.all(
        limenQueues.flatMap((queue) => kinds.map((kind) => report(urls[queue.consumer], queue, kind))),
      );
      if (json === true) printJson(context, { queues: reports });
      else context.terminal.print(render(reports));
      const ill = reports.filter(({ state }) => state !== "ok" && state !== "unknown");
      if (check === true && ill.length > 0) throw new ProblemsFound(`${plural(ill.length, "queue")} not ok`);
    });
}

const kinds = ["main", "retry", "dead"] as const;

async function report(url: string, { name, consumer }: LimenQueue, kind: QueueReport["kind"]): Promise<QueueReport> {
  const queue = kind === "main" ? name : `${name}.${kind}`;
  const { condition, messages, consumers } = await queueState(url, queue);
  const isIdle = condition === "ok" && kind !== "retry" && consumers === 0;
  return { queue, kind, consumer, state: isIdle ? "no-consumer" : condition, messages, consumers };
}

const amqpUrl = z.url({ protocol: /^amqps?$/ }).optional();
const settings = z.object({ AMQP_URL: amqpUrl, USERS_AMQP_URL: amqpUrl, AUTH_AMQP_URL: amqpUrl });

function brokerUrls(env: NodeJS.ProcessEnv): Record<Service, string> {
  const { AMQP_URL, USERS_AMQP_URL, AUTH_AMQP_URL } = parseConfig(settings, env);
  const common = AMQP_URL ?? "amqp://guest:guest@127.0.0.1:5672";
  return { users: USERS_AMQP_URL ?? common, auth: AUTH_AMQP_URL ?? common };
}

const render = (reports: readonly QueueReport[]): string =>
  renderTable<QueueReport>(
    [
      { title: "queue", value: ({ queue }) => queue },
      { title: "state", value: ({ state }) => state },
      { title: "messages", value: ({ messages }) => messages },
      { title: "consumers", value: ({ consumers }) => consumers },
      { title: "consumed by", value: ({ kind, consumer }) => (kind === "retry" ? null : `${consumer}-worker`) },
    ],
    reports,
  );
