import type { Pool } from "pg";
import { preparedQuery } from "../../platform/database/database.ts";
import type { SessionReader, SessionView } from "../application/credential-ports.ts";
import type { RevokedSession } from "./revocation-poller.ts";

type Row = Omit<SessionView, "createTime" | "lastUsedTime"> & {
  readonly createTime: string;
  readonly lastUsedTime: string;
};

export function createPostgresSessionReader(deps: { pool: Pool; idleTtlMs: number }): SessionReader {
  const list = preparedQuery<Row>(
    deps.pool,
    "session_list",
    `select id, user_agent as "userAgent", ip_address as "ipAddress", create_time as "createTime",
       last_used_time as "lastUsedTime"
     from auth.sessions
     where user_id = $1 and revoke_time is null and expire_time > $2 and last_used_time > $3
     order by create_time desc, id desc`,
  );
  return {
    async list(userId, now) {
      const rows = await list([userId, now, new Date(now.getTime() - deps.idleTtlMs)]);
      return rows.map((row) => ({
        ...row,
        createTime: new Date(row.createTime),
        lastUsedTime: new Date(row.lastUsedTime),
      }));
    },
  };
}

/** Sessions that were revoked at or after a time. */
export function createRevokedSessionReader(pool: Pool): (since: Date) => Promise<RevokedSession[]> {
  const revoked = preparedQuery<{ readonly id: string; readonly revokeTime: string }>(
    pool,
    "session_revoked_since",
    `select id, revoke_time as "revokeTime" from auth.sessions where revoke_time >= $1`,
  );
  return async (since) =>
    (await revoked([since])).map(({ id, revokeTime }) => ({ sessionId: id, revokeTime: new Date(revokeTime) }));
}
