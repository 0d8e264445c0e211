import { Command, InvalidArgumentError } from "commander";
import type { AuditEvent, AuditQuery } from "../../services/auth/application/credential-ports.ts";
import { createPostgresAuditReader } from "../../services/auth/infrastructure/postgres-audit-reader.ts";
import { auditPruneCommand } from "./audit-prune-command.ts";
import { withAuth } from "./auth-store.ts";
import type { Context } from "./context.ts";

interface Options {
  readonly since?: Date;
  readonly until?: Date;
  readonly type?: string;
  readonly user?: string;
  readonly json?: boolean;
}

const pageSize = 1_000;

export function auditCommand(context: Context): Command {
  const command = new Command("audit").description("what happened to credentials, sessions and keys");
  command
    .command("export")
    .description("every event, oldest first, one a line")
    .option("--since <time>", "from then on: 2026-01-31 or 2026-01-31T12:00:00Z", parseTime)
    .option("--until <time>", "before then", parseTime)
    .option("--type <type>", "only events of this type, e.g. login_failed")
    .option("--user <id>", "only events about this user", parseUserId)
    .option("--json", "JSON lines, for machines")
    .action(({ user, json = false, ...filters }: Options) =>
      withAuth(context, async ({ pool }) => {
        const { oldest } = createPostgresAuditReader(pool);
        const query: AuditQuery = { ...filters, ...(user !== undefined && { userId: user }) };
        let after: string | null = null;
        for (;;) {
          const page: AuditEvent[] = await oldest(query, { after, limit: pageSize });
          for (const event of page) context.terminal.print(`${json ? JSON.stringify(event) : describe(event)}\n`);
          after = page.at(-1)?.id ?? null;
          if (page.length < pageSize) return;
        }
      }),
    );
  return command.addCommand(auditPruneCommand(context));
}

function describe({ occurTime, type, userId, actor, sessionId, ipAddress, details }: AuditEvent): string {
  const facts = { user: userId, actor, session: sessionId, ip: ipAddress, ...details };
  const known = Object.entries(facts).filter(([, value]) => value !== null);
  return [occurTime.toISOString(), type, ...known.map(([name, value]) => `${name}=${value}`)].join(" ");
}

function parseTime(text: string): Date {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw new InvalidArgumentError("It is no time.");
  return time;
}

function parseUserId(text: string): string {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) throw new InvalidArgumentError("It is no user's id.");
  return text;
}
