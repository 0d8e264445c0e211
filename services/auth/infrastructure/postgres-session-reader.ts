import type { Pool } from "pg";
import { preparedQuery } from "../../platform/database/database.ts";
import type { SessionReader } from "../application/credential-ports.ts";
import type { Session } from "../domain/session.ts";
import type { RevokedSession } from "./revocation-poller.ts";

type Times = "rotateTime" | "createTime" | "lastUsedTime" | "expireTime";
type Row = Omit<Session, Times> & { readonly [time in Times]: string };

export function createPostgresSessionReader(deps: { pool: Pool; idleTtlMs: number }): SessionReader {
  const list = preparedQuery<Row>(
    deps.pool,
    "session_list",
    `select id, user_id as "userId", salt, counter, rotate_time as "rotateTime", user_agent as "userAgent",
       ip_address as "ipAddress", create_time as "createTime", last_used_time as "lastUsedTime", expire_time as "expireTime"
     from auth.sessions
     where user_id = $1 and revoke_time is null and expire_time > $2 and last_used_time > $3
     order by create_time desc, id desc`,
  );
  return {
    async list(userId, now) {
      const rows = await list([userId, now, new Date(now.getTime() - deps.idleTtlMs)]);
      return rows.map((row) => ({
        ...row,
        rotateTime: new Date(row.rotateTime),
        createTime: new Date(row.createTime),
        lastUsedTime: new Date(row.lastUsedTime),
        expireTime: new Date(row.expireTime),
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
