import type { Statement } from "../../platform/database/open-transaction.ts";
import { jsonTexts, jsonTextsOf, textArray } from "../../platform/database/text-array.ts";
import type { Envelope } from "../../platform/messaging/message.ts";
import { relayTime } from "../../platform/messaging/outbox.ts";
import type { Newcomer } from "../application/ports.ts";
import { byAddress, type User } from "../domain/user.ts";

/**
 * Inserts everything that comes with new users. Each step waits for the one before it and does nothing unless that was
 * done in full, so that locks are taken in the same order as elsewhere: messages, creations, addresses. The last step
 * tells how many answers were kept: all, or else nothing of it may be.
 *
 * Arrays rather than one JSON text, which costs the server a quarter more, and single values for what is alike in all
 * (both measured). `answers` are in the order in which they are to be sent.
 */
export const insertNewcomers = (
  consumer: string,
  newcomers: readonly Newcomer[],
  answers: readonly Envelope[],
): Statement => {
  const users = newcomers.map(({ user }) => user).sort(byAddress);
  return {
    text: insert,
    values: [
      consumer,
      textArray(newcomers.map(({ messageId }) => messageId)),
      textArray(newcomers.map(({ creation }) => creation.id)),
      textArray(newcomers.map(({ creation }) => creation.userId)),
      newcomers[0]?.creation.state,
      ...userValues(users),
      ...answerValues(answers),
    ],
  };
};

const userValues = (users: readonly User[]) => [
  textArray(users.map(({ id }) => id)),
  textArray(users.map(({ email }) => email)),
  textArray(users.map(({ name }) => name)),
  users[0]?.status,
  users[0]?.version,
  users[0]?.createTime,
  users[0]?.updateTime,
];

const answerValues = (answers: readonly Envelope[]) => [
  textArray(answers.map(({ id }) => id)),
  textArray(answers.map(({ subject }) => subject)),
  textArray(answers.map(({ traceparent }) => traceparent)),
  jsonTexts(answers.map(({ data }) => data)),
  answers[0]?.type,
  answers[0]?.source,
  answers[0]?.exchange,
  answers[0]?.routingKey,
  answers[0]?.mandatory,
  answers[0]?.time,
];

const allOf = (step: string): string => `(select count(*) from ${step}) = cardinality($2)`;

const insert = `
  with received as (
    insert into users.inbox (consumer, message_id)
    select $1, id from unnest($2::text[]) as given (id) order by id
    on conflict do nothing returning 1
  ), decided as (
    insert into users.creations (creation_id, user_id, outcome)
    select id, user_id, $5 from unnest($3::uuid[], $4::uuid[]) as given (id, user_id)
    where ${allOf("received")} order by id
    on conflict (creation_id) do update
      set outcome = excluded.outcome, reason = null, name = null, email = null, next_send_time = null
      where creations.outcome is null and creations.user_id = excluded.user_id
    returning 1
  ), added as (
    insert into users.users (id, email, name, status, version, create_time, update_time)
    select id, email, name, $9, $10, $11, $12
    from unnest($6::uuid[], $7::text[], $8::text[]) with ordinality as given (id, email, name, position)
    where ${allOf("decided")} order by position
    on conflict do nothing returning 1
  ), sent as (
    insert into users.outbox
      (id, subject, traceparent, data, type, source, exchange, routing_key, mandatory, create_time, not_before)
    select id, subject, traceparent, data::jsonb, $17, $18, $19, $20, $21, $22, ${relayTime}
    from unnest($13::uuid[], $14::text[], $15::text[], ${jsonTextsOf("$16")}) with ordinality
      as given (id, subject, traceparent, data, position)
    where ${allOf("added")} order by position
    returning 1
  )
  select count(*)::int as sent from sent`;
