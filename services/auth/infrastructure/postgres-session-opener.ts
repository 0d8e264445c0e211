import { preparedQuery } from "../../platform/database/database.ts";
import type { StatementRunner } from "../../platform/database/read-pipeline.ts";
import type { Log } from "../../platform/log.ts";
import type { AuditEntry, SessionOpener } from "../application/credential-ports.ts";
import type { Clock, Ids } from "../application/ports.ts";
import { auditRow, logAudit } from "./postgres-audit.ts";

/**
 * The lock on the account orders this with a change of its status or password: who comes second sees what the other
 * did, be it the account that may not come in any more or the session that has to end.
 */
export function createPostgresSessionOpener(deps: {
  readonly pool: StatementRunner;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Told of what the audit trail has kept. */
  readonly log: Pick<Log, "info">;
}): SessionOpener {
  const open = preparedQuery(
    deps.pool,
    "session_open",
    `with account as (
       select user_id from auth.accounts where user_id = $2 and status = 'ACTIVE' and credential_version = $3 for share
     ), session as (
       insert into auth.sessions (id, user_id, salt, counter, rotate_time, user_agent, ip_address, create_time,
         last_used_time, expire_time)
       select $1, user_id, $4, $5, $6, $7, $8, $9, $10, $11 from account
       returning 1
     )
     insert into auth.audit_events (id, type, occur_time, user_id, actor, session_id, ip_address, details)
     select $12, $13, $14, $15, $16, $17, $18, $19 from session
     returning 1`,
  );
  return {
    async open(session, credentialVersion) {
      const { id, userId, ipAddress } = session;
      const entry: AuditEntry = { event: "login_succeeded", userId, sessionId: id, ipAddress };
      const opened = await open([
        id,
        userId,
        credentialVersion,
        Buffer.from(session.salt),
        session.counter,
        session.rotateTime,
        session.userAgent,
        ipAddress,
        session.createTime,
        session.lastUsedTime,
        session.expireTime,
        ...auditRow(entry, deps),
      ]);
      if (opened.length === 0) return false;
      logAudit(deps.log, entry);
      return true;
    },
  };
}
