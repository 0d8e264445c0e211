import type { EntityManager } from "@mikro-orm/postgresql";
import { postSql, sql } from "../../platform/database/open-transaction.ts";
import type { Sessions } from "../application/ports.ts";

export function sessionsOf(em: EntityManager): Sessions {
  return {
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
      postSql(
        em,
        `update auth.sessions set revoke_time = $3, revoke_reason = $2
         where user_id = $1 and revoke_time is null and id is distinct from $4`,
        [userId, reason, now, exceptId ?? null],
      );
    },
  };
}
