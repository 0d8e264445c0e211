import type { EntityManager } from "@mikro-orm/postgresql";
import type { Pool } from "pg";
import { Counter } from "prom-client";
import { preparedQuery } from "../../platform/database/database.ts";
import { postSql } from "../../platform/database/open-transaction.ts";
import type { Log } from "../../platform/log.ts";
import type { Audit, AuditEntry } from "../application/credential-ports.ts";
import type { Clock, Ids } from "../application/ports.ts";

const insert = `insert into auth.audit_events
    (id, type, occur_time, user_id, actor, session_id, ip_address, details)
  values ($1, $2, $3, $4, $5, $6, $7, $8)`;

const audited = new Counter({
  name: "limen_audit_events_total",
  help: "What happened to credentials, as the audit trail has it",
  labelNames: ["event"] as const,
});

interface AuditDeps {
  readonly clock: Clock;
  readonly ids: Ids;
}

/** Each entry by itself, for what no transaction stands for; `log` repeats it for operators. */
export function createPostgresAudit(deps: AuditDeps & { readonly pool: Pool; readonly log: Pick<Log, "info"> }): Audit {
  const add = preparedQuery(deps.pool, "audit_add", insert);
  return async (entry) => {
    await add(auditRow(entry, deps));
    logAudit(deps.log, entry);
  };
}

/** Entries that are kept together with the rest of the entity manager's transaction. */
export const auditOf =
  (em: EntityManager, deps: AuditDeps, onAudited: (entry: AuditEntry) => void = () => {}): Audit =>
  async (entry) => {
    postSql(em, insert, auditRow(entry, deps));
    onAudited(entry);
  };

export function logAudit(log: Pick<Log, "info">, entry: AuditEntry): void {
  audited.inc({ event: entry.event });
  log.info({ audit: true, ...entry }, entry.event);
}

interface Columns {
  readonly event: string;
  readonly ipAddress?: string;
  readonly userId?: string | null;
  readonly sessionId?: string;
  readonly by?: string | null;
}

/** The columns of `insert`. Whatever an entry says beyond the columns goes into its details: its type allows nothing there but names and ids. */
export function auditRow(entry: AuditEntry, { clock, ids }: AuditDeps): readonly unknown[] {
  const { event, ipAddress, userId, sessionId, by, ...details }: Columns & Record<string, unknown> = entry;
  return [
    ids.next(),
    event,
    clock.now(),
    userId ?? null,
    by === undefined ? actorOf(entry) : by,
    sessionId ?? null,
    ipAddress || null,
    details,
  ];
}

/** Of a failure nobody knows who it was. */
function actorOf(entry: AuditEntry): string | null {
  if (entry.event === "login_failed" || entry.event === "throttled" || entry.event === "refresh_token_reused")
    return null;
  return "userId" in entry ? entry.userId : null;
}
