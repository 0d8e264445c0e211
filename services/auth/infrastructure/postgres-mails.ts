import type { EntityManager } from "@mikro-orm/postgresql";
import { postSql } from "../../platform/database/open-transaction.ts";
import type { Clock, Ids, Mails } from "../application/ports.ts";

export function mailsOf(em: EntityManager, deps: { readonly ids: Ids; readonly clock: Clock }): Mails {
  return {
    async send({ template, to, locale, userId, proofId }) {
      postSql(
        em,
        `insert into auth.mails (id, template, recipient, locale, user_id, proof_id, create_time, not_before)
         values ($1, $2, $3, $4, $5, $6, $7, $7)`,
        [deps.ids.next(), template, to, locale, userId, proofId, deps.clock.now()],
      );
    },
  };
}
