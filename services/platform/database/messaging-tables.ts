/**
 * The tables behind "nothing is lost, nothing happens twice", the same in each service's schema.
 * Outbox rows are deleted when they are handed over, so the table stays small and is vacuumed often. Inbox rows are deleted
 * after 14 days, by inbox-janitor.ts: partitions would be cheaper to drop, but no unique key spans them.
 */
export const messagingTables = (schema: string): string => `
  create table ${schema}.outbox (
    seq bigint generated always as identity primary key,
    id uuid not null unique,
    type text not null,
    source text not null,
    subject text not null,
    exchange text not null,
    routing_key text not null,
    mandatory boolean not null,
    traceparent text not null,
    data jsonb not null,
    create_time timestamptz not null,
    attempts integer not null default 0,
    not_before timestamptz not null default now()
  ) with (autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_scale_factor = 0);

  create table ${schema}.inbox (
    consumer text not null,
    message_id text not null,
    process_time timestamptz not null default now(),
    primary key (consumer, message_id)
  ) with (autovacuum_vacuum_scale_factor = 0.02);
  -- Rows come in the order of time, so that a b-tree costs them little. BRIN would cost less and serve no more as soon as
  -- new rows fill the room of deleted ones.
  create index inbox_process_time on ${schema}.inbox (process_time);

  create table ${schema}.dead_letters (
    id bigint generated always as identity primary key,
    queue text not null,
    message_id text not null,
    type text not null,
    source text not null,
    subject text not null,
    reason text not null,
    detail text not null,
    attempts integer not null,
    data text not null,
    traceparent text not null,
    dead_time timestamptz not null default now(),
    unique (queue, message_id)
  );
`;
