import type { PreparedStatement } from "../../platform/database/transactions.ts";
import type { Envelope } from "../../platform/messaging/message.ts";
import { insertIntoOutbox, outboxRows } from "../../platform/messaging/outbox.ts";
import type { Newcomer } from "../application/ports.ts";
import { byAddress } from "../domain/user.ts";

/**
 * Inserts everything that comes with new users. Each step waits for the one before it and does nothing unless that was
 * done in full, so that locks are taken in the same order as elsewhere: messages, creations, addresses. The last step
 * tells how many answers were kept: all, or else nothing of it may be.
 */
export const insertNewcomers = (
  consumer: string,
  newcomers: readonly Newcomer[],
  answers: readonly Envelope[],
): PreparedStatement => ({
  name: "users_insert_newcomers",
  text: insert,
  values: [
    consumer,
    newcomers.length,
    JSON.stringify(newcomers.toSorted((a, b) => byAddress(a.user, b.user)).map(toRow)),
    outboxRows(answers),
  ],
});

const toRow = ({ messageId, creation, user }: Newcomer) => ({
  messageId,
  creationId: creation.id,
  outcome: creation.state,
  ...user,
});

const allOf = (step: string): string => `(select count(*) from ${step}) = $2::int`;

const insert = `
  with given as (
    select * from rows from (json_to_recordset($3::json) as
        ("messageId" text, "creationId" uuid, outcome text, id uuid, email text, name text, status text, version bigint,
         "createTime" timestamptz, "updateTime" timestamptz)) with ordinality
      as given (message_id, creation_id, outcome, id, email, name, status, version, create_time, update_time, position)
  ), received as (
    insert into users.inbox (consumer, message_id) select $1, message_id from given order by message_id
    on conflict do nothing returning 1
  ), decided as (
    insert into users.creations (creation_id, user_id, outcome)
    select creation_id, id, outcome from given where ${allOf("received")} order by creation_id
    on conflict (creation_id) do update
      set outcome = excluded.outcome, reason = null, name = null, email = null, next_send_time = null
      where creations.outcome is null and creations.user_id = excluded.user_id
    returning 1
  ), added as (
    insert into users.users (id, email, name, status, version, create_time, update_time)
    select id, email, name, status, version, create_time, update_time
    from given where ${allOf("decided")} order by position
    on conflict do nothing returning 1
  ), sent as (${insertIntoOutbox("users", "$4::json", allOf("added"))} returning 1)
  select count(*)::int as sent from sent`;
