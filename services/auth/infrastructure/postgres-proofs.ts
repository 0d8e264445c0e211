import type { EntityManager } from "@mikro-orm/postgresql";
import type { Pool } from "pg";
import { preparedQuery } from "../../platform/database/database.ts";
import { postSql, sql } from "../../platform/database/open-transaction.ts";
import type { ProofReader, Proofs } from "../application/ports.ts";
import type { Proof } from "../domain/proof.ts";

export function proofsOf(em: EntityManager): Proofs {
  return {
    async issue({ id, kind, userId, email, sessionId, issueTime, expireTime }) {
      postSql(
        em,
        `insert into auth.proofs (user_id, id, kind, email, session_id, issue_time, expire_time)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (user_id) do update set id = excluded.id, kind = excluded.kind, email = excluded.email,
           session_id = excluded.session_id, issue_time = excluded.issue_time, expire_time = excluded.expire_time,
           use_time = null`,
        [userId, id, kind, email, sessionId ?? null, issueTime, expireTime],
      );
    },
    async isOutstanding(userId, now) {
      const found = await sql(
        em,
        "select 1 from auth.proofs where user_id = $1 and use_time is null and expire_time > $2",
        [userId, now],
      );
      return found.length === 1;
    },
    async use(id, now) {
      const used = await sql(
        em,
        "update auth.proofs set use_time = $2 where id = $1 and use_time is null and expire_time > $2 returning 1",
        [id, now],
      );
      return used.length === 1;
    },
    revoke: async (userId) => postSql(em, "delete from auth.proofs where user_id = $1", [userId]),
  };
}

type Row = Omit<Proof, "sessionId" | "issueTime" | "expireTime"> & {
  readonly sessionId: string | null;
  readonly issueTime: string;
  readonly expireTime: string;
};

export function createProofReader(pool: Pool): ProofReader {
  const find = preparedQuery<Row>(
    pool,
    "proof_find",
    `select id, kind, user_id as "userId", email, session_id as "sessionId", issue_time as "issueTime", expire_time as "expireTime"
     from auth.proofs where id = $1 and use_time is null and expire_time > $2`,
  );
  return {
    async find(id, now) {
      const [row] = await find([id, now]);
      if (row === undefined) return null;
      const { sessionId, issueTime, expireTime, ...proof } = row;
      const times = { issueTime: new Date(issueTime), expireTime: new Date(expireTime) };
      return { ...proof, ...times, ...(sessionId !== null && { sessionId }) };
    },
  };
}
