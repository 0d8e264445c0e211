import type { FaultDatabase } from "./database.ts";

/** One message that a committed transaction wished to send: the trace that every effect leaves. */
export interface JournalEntry {
  readonly type: string;
  /** Of the creation, which is the registration, that the message is about; null for other messages. */
  readonly creationId: string | null;
}

/**
 * Outbox rows are deleted when they are handed over, and the broker may be wiped: triggers keep a copy that lasts, made
 * in the transaction that made the effect. By it the checker sees an effect that happened twice.
 */
export async function keepJournal(database: FaultDatabase): Promise<void> {
  await database.query(`
    create schema faults;
    create table faults.journal (seq bigint generated always as identity, type text not null, creation_id text);
    create function faults.keep() returns trigger language plpgsql security definer as $$
      begin
        insert into faults.journal (type, creation_id)
        values (new.type, coalesce(new.data->>'creationId', new.data->>'registrationId'));
        return null;
      end $$;
    create trigger journal after insert on users.outbox for each row execute function faults.keep();
    create trigger journal after insert on auth.outbox for each row execute function faults.keep();`);
}

export async function readJournal(database: FaultDatabase): Promise<JournalEntry[]> {
  return await database.query<{ type: string; creationId: string | null }>(
    `select type, creation_id as "creationId" from faults.journal`,
  );
}
