import { messagingTables } from "../../platform/database/messaging-tables.ts";
import type { ServiceSchema } from "../../platform/database/migrate.ts";

export const usersSchema: ServiceSchema = {
  schema: "users",
  migrations: [
    {
      name: "0001-users",
      up: `
        create table users.users (
          id uuid primary key,
          email text not null constraint users_email_key unique,
          name text not null,
          status text not null check (status in ('ACTIVE', 'SUSPENDED', 'DELETED')),
          version bigint not null,
          create_time timestamptz not null,
          update_time timestamptz not null
        );

        -- One decision per creation, for ever. An outcome of null: asked for, not decided yet.
        create table users.creations (
          creation_id uuid primary key,
          user_id uuid not null,
          outcome text check (outcome in ('CREATED', 'REJECTED')),
          reason text,
          create_time timestamptz not null default now(),
          -- Of creations that were asked for here, until they are decided: enough to ask again.
          name text,
          email text,
          sends integer not null default 0,
          next_send_time timestamptz
        );
        create index creations_next_send_time on users.creations (next_send_time) where next_send_time is not null;
        ${messagingTables("users")}`,
    },
    {
      name: "0002-users-email-changes",
      up: `
        -- One decision per change of an address, for ever. An outcome of null is never committed.
        create table users.email_changes (
          change_id uuid primary key,
          user_id uuid not null,
          outcome text check (outcome in ('CHANGED', 'REJECTED')),
          reason text,
          create_time timestamptz not null default now()
        );`,
    },
  ],
};
