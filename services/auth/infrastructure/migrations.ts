import { messagingTables } from "../../platform/database/messaging-tables.ts";
import type { ServiceSchema } from "../../platform/database/migrate.ts";

export const authSchema: ServiceSchema = {
  schema: "auth",
  appendOnly: ["audit_events"],
  migrations: [
    {
      name: "0001-auth",
      up: `
        -- name, email, password_hash, locale and email_verified are forgotten when the registration is finished.
        create table auth.registrations (
          id uuid primary key,
          user_id uuid not null constraint registrations_user_id_key unique,
          state text not null check (state in
            ('ACCEPTED', 'AWAITING_PROOF', 'CREATING', 'COMPLETED', 'REJECTED', 'COMPENSATING', 'FAILED')),
          reason text,
          name text,
          email text,
          password_hash text,
          locale text,
          email_verified boolean,
          idempotency_key text constraint registrations_idempotency_key unique,
          request_hash bytea not null,
          sends integer not null default 0,
          -- When to send the pending command again, or to give up waiting for a proof; null when nothing is pending.
          next_send_time timestamptz,
          create_time timestamptz not null,
          update_time timestamptz not null
        );
        create index registrations_next_send_time on auth.registrations (next_send_time) where next_send_time is not null;

        -- One per user; email, status and user_version are a projection of what users-service announces.
        create table auth.accounts (
          user_id uuid primary key,
          email text not null,
          status text not null check (status in ('ACTIVE', 'SUSPENDED', 'DELETED')),
          user_version bigint not null,
          -- Null: INVITED, nobody has set a password yet.
          password_hash text,
          -- Grows with every change of the password or the status: a login that began before it gets no session.
          credential_version integer not null default 1,
          roles text[] not null default '{user}',
          email_verified boolean not null default false,
          locale text not null default 'en',
          create_time timestamptz not null,
          update_time timestamptz not null
        );
        -- Not unique: who owns an address is decided in users, and its events may arrive in any order.
        create index accounts_email on auth.accounts (email);

        create table auth.sessions (
          id uuid primary key,
          user_id uuid not null references auth.accounts (user_id),
          -- Makes this session's refresh tokens; see refresh-token.ts.
          salt bytea not null,
          counter integer not null default 1,
          rotate_time timestamptz not null,
          user_agent text not null,
          ip_address text not null,
          create_time timestamptz not null,
          last_used_time timestamptz not null,
          -- Absolute limit, which rotation does not extend.
          expire_time timestamptz not null,
          revoke_time timestamptz,
          revoke_reason text
        );
        create index sessions_user_id on auth.sessions (user_id) where revoke_time is null;
        create index sessions_revoke_time on auth.sessions (revoke_time) where revoke_time is not null;

        -- What a mailed link proves. One per account: a newer one takes its place, and a revoked one is deleted.
        create table auth.proofs (
          user_id uuid primary key references auth.accounts (user_id),
          id uuid not null constraint proofs_id_key unique,
          kind text not null check (kind in ('RESET', 'VERIFY_EMAIL', 'INVITATION')),
          email text not null,
          issue_time timestamptz not null,
          expire_time timestamptz not null,
          use_time timestamptz
        );

        -- Mails that have not left yet, and those that were given up. See mail-relay.ts.
        create table auth.mails (
          id uuid primary key,
          template text not null,
          recipient text not null,
          locale text not null,
          user_id uuid not null,
          -- What its link is made from; null for a mail without a link.
          proof_id uuid,
          create_time timestamptz not null,
          attempts integer not null default 0,
          -- When to try next; a worker that sends it moves this on, so that no other does.
          not_before timestamptz not null,
          failure text,
          -- Given up then; an operator may send it again or discard it.
          dead_time timestamptz
        );
        create index mails_not_before on auth.mails (not_before) where dead_time is null;

        create table auth.signing_keys (
          kid text primary key,
          public_key jsonb not null,
          -- AES-256-GCM under the key-encryption key; see signing-key-cipher.ts.
          private_key bytea not null,
          create_time timestamptz not null,
          -- Signs from then on; published before, so that verifiers know it in time.
          activate_time timestamptz not null,
          -- Published until then, so that what it signed can be verified.
          expire_time timestamptz
        );

        -- Who guesses at what, and how often; see domain/guessing.ts. Keys are digests: no address can be read out of them.
        create table auth.tallies (
          key text primary key,
          version bigint not null,
          failures double precision not null,
          pending integer not null,
          begin_time timestamptz not null,
          time timestamptz not null,
          known_until timestamptz,
          expire_time timestamptz not null
        );
        create index tallies_expire_time on auth.tallies (expire_time);

        -- Append-only: the service's role may neither change nor delete what is here.
        create table auth.audit_events (
          -- UUIDv7: in the order of time.
          id uuid primary key,
          type text not null,
          occur_time timestamptz not null,
          user_id uuid,
          actor text,
          session_id uuid,
          ip_address text,
          details jsonb not null
        );
        create index audit_events_user_id on auth.audit_events (user_id, id);
        create index audit_events_type on auth.audit_events (type, id);
        ${messagingTables("auth")}`,
    },
    {
      name: "0002-auth-email-changes",
      up: `
        alter table auth.proofs
          drop constraint proofs_kind_check,
          add constraint proofs_kind_check check (kind in ('RESET', 'VERIFY_EMAIL', 'INVITATION', 'CHANGE_EMAIL')),
          add column session_id uuid;

        -- Confirmed changes. The addresses are forgotten when the change is finished.
        create table auth.email_changes (
          id uuid primary key,
          user_id uuid not null references auth.accounts (user_id),
          state text not null check (state in ('CHANGING', 'COMPLETED', 'REJECTED', 'COMPENSATING', 'FAILED')),
          reason text,
          old_email text,
          new_email text,
          -- The session that asked for it; it goes on.
          session_id uuid,
          sends integer not null,
          -- When to send the pending command again; null when nothing is pending.
          next_send_time timestamptz,
          create_time timestamptz not null,
          update_time timestamptz not null
        );
        create unique index email_changes_unfinished on auth.email_changes (user_id) where next_send_time is not null;
        create index email_changes_next_send_time on auth.email_changes (next_send_time) where next_send_time is not null;`,
    },
  ],
};
