import type { Account } from "../domain/account.ts";
import type { Email } from "../domain/email.ts";
import type { EmailChange } from "../domain/email-change.ts";
import type { Mail } from "../domain/mail.ts";
import type { AuthMessage } from "../domain/messages.ts";
import type { Proof } from "../domain/proof.ts";
import type { Registration } from "../domain/registration.ts";
import type { RevokeReason } from "../domain/session.ts";
import type { Audit } from "./credential-ports.ts";

export interface UnitOfWork {
  /** Runs `work` in one transaction: everything it did is kept, or nothing is. No hashing and no network call inside. */
  run<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  /** The same, for the effect of a message: does nothing when that message's effect has been kept before. */
  runOnce(messageId: string, work: (tx: Transaction) => Promise<void>): Promise<void>;
}

export interface Transaction {
  readonly registrations: Registrations;
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly proofs: Proofs;
  readonly emailChanges: EmailChanges;
  readonly mails: Mails;
  readonly messages: Messages;
  /** Kept in the same transaction as what it tells of. */
  readonly audit: Audit;
}

export interface Registrations {
  /**
   * False when a registration made at or after `keysSince` has this idempotency key; the transaction stays usable. An
   * older one loses the key.
   */
  add(registration: Registration, keysSince: Date): Promise<boolean>;
  /** Takes a row lock. Null when absent. */
  find(id: string): Promise<Registration | null>;
  /** Takes a row lock. The registration whose user this is, or null. */
  findByUserId(userId: string): Promise<Registration | null>;
  /** Up to `limit` registrations whose next send is due, oldest first, locked; those that others hold are passed over. */
  findDue(now: Date, limit: number): Promise<Registration[]>;
  save(registration: Registration): Promise<void>;
}

export interface Accounts {
  /** Takes a row lock. Null when absent. */
  find(userId: string): Promise<Account | null>;
  /** Takes a row lock. The account with this address, of several the one that was changed last. Null when nobody has it. */
  findByEmail(email: Email): Promise<Account | null>;
  /** False when the user has an account already (a concurrent one is waited for); the transaction stays usable. */
  add(account: Account): Promise<boolean>;
  save(account: Account): Promise<void>;
}

export interface Sessions {
  /** False when there was no such open session of this user. */
  revoke(id: string, userId: string, reason: RevokeReason, now: Date): Promise<boolean>;
  /** Ends every open session of the user, but for the one named. */
  revokeAll(userId: string, reason: RevokeReason, now: Date, exceptId?: string): Promise<void>;
}

/** Only for an account whose row lock this unit of work holds. */
export interface Proofs {
  /** Takes the place of the account's earlier proof. */
  issue(proof: Proof): Promise<void>;
  /** Whether the account has a proof that still counts. */
  isOutstanding(userId: string, now: Date): Promise<boolean>;
  /** Uses it up. False when it does not count any more: of many at once, one is true. */
  use(id: string, now: Date): Promise<boolean>;
  /** The account's proof counts no more. */
  revoke(userId: string): Promise<void>;
}

export interface EmailChanges {
  /** False when a change of the same account is not finished (of many at once, one is added); the transaction stays usable. */
  add(change: EmailChange): Promise<boolean>;
  /** Takes a row lock. Null when absent. */
  find(id: string): Promise<EmailChange | null>;
  /** Up to `limit` changes whose next send is due, oldest first, locked; those that others hold are passed over. */
  findDue(now: Date, limit: number): Promise<EmailChange[]>;
  /** All but whose it is and which session asked for it. */
  save(change: EmailChange): Promise<void>;
}

export interface Mails {
  /** Kept in the same transaction as what it tells of; it leaves afterwards, once at least. */
  send(mail: Mail): Promise<void>;
}

export interface Messages {
  /** Kept in the same transaction as the change that it tells of; a relay sends it afterwards. */
  send(message: AuthMessage): Promise<void>;
  /** Which of these registrations, or changes, have a message that still waits to be handed over: another would be of no use. */
  findUnsent(ids: readonly string[]): Promise<ReadonlySet<string>>;
}

/** Reads without a lock, outside any unit of work. */
export interface RegistrationReader {
  find(id: string): Promise<Registration | null>;
  /** The registration that was made with this key at or after `since`. */
  findByIdempotencyKey(key: string, since: Date): Promise<Registration | null>;
}

/** Where a registration stands: all that somebody who waits for it may learn. */
export interface RegistrationProgress extends Pick<Registration, "id" | "userId" | "state" | "reason" | "createTime"> {}

/** The same of a change of an address. */
export interface EmailChangeProgress extends Pick<EmailChange, "id" | "state" | "createTime"> {}

export interface Waiter<Progress> {
  /**
   * Resolves with the first progress that `until` accepts, or with the last one seen when the time is over or the signal
   * aborts. Null when there is none with this id.
   */
  wait(
    id: string,
    until: (progress: Progress) => boolean,
    limit: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ): Promise<Progress | null>;
}

export type RegistrationWaiter = Waiter<RegistrationProgress>;

export interface AccountReader {
  /** The account that may log in with this address; else any other that has it, so that the cost is the same. */
  findByEmail(email: Email): Promise<Account | null>;
  find(userId: string): Promise<Account | null>;
}

export interface ProofReader {
  /** Null when it does not count, or not any more. */
  find(id: string, now: Date): Promise<Proof | null>;
}

export interface Clock {
  now(): Date;
}

export interface Ids {
  /** UUIDv7. */
  next(): string;
}
