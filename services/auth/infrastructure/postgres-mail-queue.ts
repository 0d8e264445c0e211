import type { Pool } from "pg";
import { preparedQuery } from "../../platform/database/database.ts";
import type { Mail } from "../domain/mail.ts";
import type { ProofKind } from "../domain/proof.ts";
import type { ClaimedMail, MailQueue } from "./mail-queue.ts";

type Row = Mail & {
  readonly id: string;
  readonly attempt: number;
  readonly createTime: string;
  readonly kind: ProofKind | null;
  readonly email: Mail["to"];
  readonly issueTime: string;
  readonly expireTime: string;
};

export function createPostgresMailQueue(pool: Pool): MailQueue {
  const claim = preparedQuery<Row>(
    pool,
    "mail_claim",
    `with due as (
       select id from auth.mails where dead_time is null and not_before <= $2 order by not_before, id limit $1
       for update skip locked
     ), claimed as (
       update auth.mails set attempts = attempts + 1, not_before = $3 where id in (select id from due) returning *
     ), proof as (
       update auth.proofs p set expire_time = $2 + (p.expire_time - p.issue_time), issue_time = $2
       from claimed c where p.id = c.proof_id and p.use_time is null
       returning p.id, p.kind, p.email, p.issue_time, p.expire_time
     ), registration as (
       update auth.registrations r set next_send_time = $2 + (r.next_send_time - r.update_time), update_time = $2
       from claimed c where r.id = c.proof_id and r.state = 'AWAITING_PROOF'
       returning r.id, 'REGISTRATION', r.email, r.update_time, r.next_send_time
     )
     select c.id, c.template, c.recipient as to, c.locale, c.user_id as "userId", c.proof_id as "proofId",
       c.attempts as attempt, c.create_time as "createTime", p.kind, p.email, p.issue_time as "issueTime",
       p.expire_time as "expireTime"
     from claimed c left join (select * from proof union all select * from registration) p on p.id = c.proof_id
     order by c.create_time, c.id`,
  );
  const remove = preparedQuery(pool, "mail_remove", "delete from auth.mails where id = $1");
  const putBack = preparedQuery(
    pool,
    "mail_put_back",
    "update auth.mails set failure = $3, not_before = $4 where id = $1 and attempts = $2",
  );
  const bury = preparedQuery(
    pool,
    "mail_bury",
    "update auth.mails set failure = $3, dead_time = $4 where id = $1 and attempts = $2",
  );
  return {
    claim: async (limit, now, leaseEnd) => (await claim([limit, now, leaseEnd])).map(toMail),
    remove: async (id) => void (await remove([id])),
    putBack: async ({ id, attempt }, failure, time) => void (await putBack([id, attempt, failure, time])),
    bury: async ({ id, attempt }, failure, now) => void (await bury([id, attempt, failure, now])),
  };
}

function toMail({ kind, email, issueTime, expireTime, createTime, ...mail }: Row): ClaimedMail {
  const { proofId: id, userId } = mail;
  const times = { issueTime: new Date(issueTime), expireTime: new Date(expireTime) };
  return {
    ...mail,
    createTime: new Date(createTime),
    proof: id === null || kind === null ? null : { id, kind, userId, email, ...times },
  };
}
