import type { EntityManager } from "@mikro-orm/postgresql";
import type { Pool } from "pg";
import { preparedQuery } from "../../platform/database/database.ts";
import { postSql, sql } from "../../platform/database/open-transaction.ts";
import type { EmailChangeProgress, EmailChanges } from "../application/ports.ts";
import type { Email } from "../domain/email.ts";
import type { EmailChange } from "../domain/email-change.ts";

const columns = `id, user_id as "userId", state, reason, old_email as "oldEmail", new_email as "newEmail",
  session_id as "sessionId", sends, next_send_time as "nextSendTime", create_time as "createTime",
  update_time as "updateTime"`;

export function emailChangesOf(em: EntityManager): EmailChanges {
  return {
    async add(change) {
      const added = await sql(
        em,
        `insert into auth.email_changes (id, user_id, state, reason, old_email, new_email, session_id, sends,
           next_send_time, create_time, update_time)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict do nothing returning 1`,
        [
          ...[change.id, change.userId, change.state, change.reason, change.addresses?.from, change.addresses?.to],
          ...[change.sessionId, change.sends, change.nextSendTime, change.createTime, change.updateTime],
        ],
      );
      return added.length === 1;
    },
    async find(id) {
      const [row] = await sql<Row>(em, `select ${columns} from auth.email_changes where id = $1 for update`, [id]);
      return row === undefined ? null : toEmailChange(row);
    },
    async findDue(now, limit) {
      const rows = await sql<Row>(
        em,
        `select ${columns} from auth.email_changes where next_send_time <= $1 order by next_send_time limit $2
         for update skip locked`,
        [now, limit],
      );
      return rows.map(toEmailChange);
    },
    async save({ id, state, reason, addresses, sends, nextSendTime, updateTime }) {
      postSql(
        em,
        `update auth.email_changes set state = $2, reason = $3, old_email = $4, new_email = $5, sends = $6,
           next_send_time = $7, update_time = $8 where id = $1`,
        [id, state, reason, addresses?.from, addresses?.to, sends, nextSendTime, updateTime],
      );
    },
  };
}

/** The present progress of many changes at once, for those who wait. */
export function createEmailChangeLoader(pool: Pool) {
  const byIds = preparedQuery<Omit<EmailChangeProgress, "createTime"> & { readonly createTime: string }>(
    pool,
    "email_change_progress",
    `select id, state, create_time as "createTime" from auth.email_changes where id = any($1::uuid[])`,
  );
  return async (ids: readonly string[]): Promise<ReadonlyMap<string, EmailChangeProgress>> => {
    const rows = await byIds([ids]);
    return new Map(rows.map((row) => [row.id, { ...row, createTime: new Date(row.createTime) }]));
  };
}

interface Row extends Pick<EmailChange, "id" | "userId" | "state" | "reason" | "sessionId" | "sends"> {
  readonly oldEmail: Email | null;
  readonly newEmail: Email | null;
  readonly nextSendTime: string | null;
  readonly createTime: string;
  readonly updateTime: string;
}

const toEmailChange = ({ oldEmail, newEmail, nextSendTime, createTime, updateTime, ...row }: Row): EmailChange => ({
  ...row,
  addresses: oldEmail === null || newEmail === null ? null : { from: oldEmail, to: newEmail },
  nextSendTime: nextSendTime === null ? null : new Date(nextSendTime),
  createTime: new Date(createTime),
  updateTime: new Date(updateTime),
});
