import type { EntityManager } from "@mikro-orm/postgresql";
import { sql } from "../../platform/database/database.ts";
import type { Sessions } from "../application/ports.ts";

export function sessionsOf(em: EntityManager): Sessions {
  return {
    /**
     * The lock on the account orders this with a change of its status or password: who comes second sees what the other
     * did, be it the account that may not come in any more or the session that has to end.
     */
    async open(session, credentialVersion) {
      const opened = await sql(
        em,
        `with account as (
           select user_id from auth.accounts
           where user_id = $2 and status = 'ACTIVE' and credential_version = $3 for share
         )
         insert into auth.sessions (id, user_id, salt, counter, rotate_time, user_agent, ip_address, create_time,
           last_used_time, expire_time)
         select $1, user_id, $4, $5, $6, $7, $8, $9, $10, $11 from account
         returning 1`,
        [
          session.id,
          session.userId,
          credentialVersion,
          Buffer.from(session.salt),
          session.counter,
          session.rotateTime,
          session.userAgent,
          session.ipAddress,
          session.createTime,
          session.lastUsedTime,
          session.expireTime,
        ],
      );
      return opened.length === 1;
    },
    async revoke(id, userId, reason, now) {
      const revoked = await sql(
        em,
        `update auth.sessions set revoke_time = $4, revoke_reason = $3
         where id = $1 and user_id = $2 and revoke_time is null returning 1`,
        [id, userId, reason, now],
      );
      return revoked.length === 1;
    },
    async revokeAll(userId, reason, now, exceptId) {
      await sql(
        em,
        `update auth.sessions set revoke_time = $3, revoke_reason = $2
         where user_id = $1 and revoke_time is null and id is distinct from $4`,
        [userId, reason, now, exceptId ?? null],
      );
    },
  };
}
