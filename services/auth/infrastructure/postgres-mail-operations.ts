import type { Pool } from "pg";
import { preparedQuery } from "../../platform/database/database.ts";
import type { MailTemplate } from "../domain/mail.ts";

/** A mail that was given up, as its operator sees it. */
export interface DeadMail {
  readonly id: string;
  readonly template: MailTemplate;
  readonly to: string;
  readonly userId: string;
  /** Names and codes of the last failure, e.g. "MailRefused Error EENVELOPE 550". */
  readonly failure: string;
  readonly attempts: number;
  readonly createTime: Date;
  readonly deadTime: Date;
}

export interface MailOperations {
  /** How many have not left yet and will be tried again. */
  countWaiting(): Promise<number>;
  /** Up to `limit` that were given up, oldest first. */
  listDead(limit: number): Promise<DeadMail[]>;
  /** As if it had just been queued. False when no such mail was given up. */
  retry(id: string): Promise<boolean>;
  /** False when no such mail was given up. */
  discard(id: string): Promise<boolean>;
}

type Row = Omit<DeadMail, "createTime" | "deadTime"> & { readonly createTime: string; readonly deadTime: string };

export function createPostgresMailOperations(pool: Pool): MailOperations {
  const count = preparedQuery<{ waiting: number }>(
    pool,
    "mail_count_waiting",
    "select count(*)::int as waiting from auth.mails where dead_time is null",
  );
  const list = preparedQuery<Row>(
    pool,
    "mail_list_dead",
    `select id, template, recipient as to, user_id as "userId", failure, attempts, create_time as "createTime",
       dead_time as "deadTime"
     from auth.mails where dead_time is not null order by dead_time, id limit $1`,
  );
  const retry = preparedQuery(
    pool,
    "mail_retry",
    `update auth.mails set dead_time = null, attempts = 0, create_time = now(), not_before = now()
     where id = $1 and dead_time is not null returning 1`,
  );
  const discard = preparedQuery(
    pool,
    "mail_discard",
    "delete from auth.mails where id = $1 and dead_time is not null returning 1",
  );
  return {
    countWaiting: async () => (await count([]))[0]?.waiting ?? 0,
    async listDead(limit) {
      const rows = await list([limit]);
      return rows.map((row) => ({
        ...row,
        createTime: new Date(row.createTime),
        deadTime: new Date(row.deadTime),
      }));
    },
    retry: async (id) => (await retry([id])).length === 1,
    discard: async (id) => (await discard([id])).length === 1,
  };
}
