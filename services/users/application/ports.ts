import type { CreatedCreation, Creation, DecidedCreation, PendingCreation } from "../domain/creation.ts";
import type { CreationRequest } from "../domain/creation-request.ts";
import type { DecidedEmailChange, EmailChange, PendingEmailChange } from "../domain/email-change.ts";
import type { UserEvent } from "../domain/events.ts";
import type { User, UserId } from "../domain/user.ts";
import type { CreateUserCommand } from "./create-user.ts";

export interface UnitOfWork {
  /** Runs `work` in one transaction: everything it did is kept, or nothing is. No network call inside. */
  run<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  /** The same, for the effect of a message: does nothing when that message's effect has been kept before. */
  runOnce(messageId: string, work: (tx: Transaction) => Promise<void>): Promise<void>;
}

export interface BatchUnitOfWork {
  /** `runOnce` for many messages in one transaction: `work` is given those whose effect has not been kept before, each once. */
  runOnceEach<M extends { readonly messageId: string }>(
    messages: readonly M[],
    work: (tx: Transaction, fresh: readonly M[]) => Promise<void>,
  ): Promise<void>;
  /**
   * The usual case in one step: keeps all of these when none of the messages has been kept before, no creation is decided
   * or names another user, and no id and no address is taken. Else it keeps nothing and says false. The creations differ.
   */
  keepNew(newcomers: readonly Newcomer[]): Promise<boolean>;
}

/** A user, the creation and the message that asked for them, and the answer to it. */
export interface Newcomer {
  readonly messageId: string;
  readonly creation: CreatedCreation;
  /** As `newUser` makes them; those that come together have come at the same time. */
  readonly user: User;
  readonly answer: TracedEvent;
}

export interface Transaction {
  readonly users: Users;
  readonly creations: Creations;
  readonly emailChanges: EmailChanges;
  readonly messages: Messages;
}

export interface Users {
  /**
   * Says when another user has this id or this address (a concurrent one is waited for); the transaction stays usable.
   * Come here with the creation claimed: that order is the same for all, so that nobody waits in a circle.
   */
  add(user: User): Promise<AddOutcome>;
  /**
   * As `add` for one after the other in the order given, which must be that of their addresses: units of work that add
   * several users would else wait for each other in a circle.
   */
  addAll(users: readonly User[]): Promise<ReadonlyMap<User, AddOutcome>>;
  /** Takes a row lock. Null when absent. */
  find(id: UserId): Promise<User | null>;
  /** Those that exist, in no order. Takes row locks, so come here before `addAll`. */
  findAll(ids: readonly UserId[]): Promise<User[]>;
  /** Stores the next version of a user that `find` returned in this unit of work. */
  save(user: User): Promise<void>;
  /**
   * As `save` for one whose address is another. Says when somebody else has that (a concurrent one is waited for); then
   * nothing is stored, and the transaction stays usable.
   */
  saveEmail(user: User): Promise<"SAVED" | "EMAIL_TAKEN">;
}

export type AddOutcome = "ADDED" | "EMAIL_TAKEN" | "USER_ID_TAKEN";

export interface Creations {
  /**
   * The creation with this id as it is known, which may name another user; the given one, now known, when it is new.
   * Locks it: whoever claims it too waits until this unit of work is over.
   */
  claim(creation: PendingCreation): Promise<Creation>;
  /** As `claim` for creations with different ids, in no order. Nobody waits in a circle. */
  claimAll(creations: readonly PendingCreation[]): Promise<Creation[]>;
  /** Records the decision of a creation that was claimed in this unit of work. */
  decide(creation: DecidedCreation): Promise<void>;
  decideAll(creations: readonly DecidedCreation[]): Promise<void>;
  /** Keeps a new creation and what is asked for, which its decision forgets. */
  addRequest(request: CreationRequest): Promise<void>;
  /** Undecided requests whose time to be sent again has come, the earliest first. Locks them; skips what others locked. */
  findOverdue(now: Date, limit: number): Promise<CreationRequest[]>;
  /** Stores requests that `findOverdue` returned in this unit of work. */
  reschedule(requests: readonly CreationRequest[]): Promise<void>;
}

export interface EmailChanges {
  /**
   * The change with this id as it was decided, which may name another user; the given one, now known, when it is new.
   * Locks it: whoever claims it too waits until this unit of work is over. Come here before any user.
   */
  claim(change: PendingEmailChange): Promise<EmailChange>;
  /** Records the decision of a change that was claimed in this unit of work. */
  decide(change: DecidedEmailChange): Promise<void>;
}

/** Both are kept in the same transaction as the change they belong to; a relay sends them afterwards. */
export interface Messages {
  publish(event: UserEvent): Promise<void>;
  /** Each on behalf of a message of its own, whose trace it goes on. */
  publishAll(answers: readonly TracedEvent[]): Promise<void>;
  /** Puts the command in line with those of everybody else. */
  request(command: CreateUserCommand): Promise<void>;
  /** Which of these creations have a command of `request` that is still kept here. */
  findUnsent(creationIds: readonly string[]): Promise<ReadonlySet<string>>;
}

export interface TracedEvent {
  readonly event: UserEvent;
  /** W3C trace context. */
  readonly traceparent: string;
}

/** Reads without a lock, outside any unit of work. */
export interface UserReader {
  find(id: string): Promise<User | null>;
  /** Those that exist, in no order. */
  findMany(ids: readonly string[]): Promise<User[]>;
  /** Ordered by id, at most `limit`; from the start, or after the id given. */
  list(page: { readonly after: string | null; readonly limit: number }): Promise<User[]>;
  findCreation(id: string): Promise<Creation | null>;
  /** Those that exist, in no order. */
  findCreations(ids: readonly string[]): Promise<Creation[]>;
}

/** How the asker learns of a decision that is made elsewhere. */
export interface Decisions {
  /** The creation when it is decided; null when that takes longer than `limit`, or cannot be known at present. */
  waitFor(creationId: string, limit: WaitLimit): Promise<DecidedCreation | null>;
}

export interface WaitLimit {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export interface Clock {
  now(): Date;
}

export interface Ids {
  /** UUIDv7. */
  next(): string;
}
