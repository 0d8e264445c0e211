import { type ClientLog, outcomeOf, type Wish } from "./client-log.ts";
import type { JournalEntry } from "./journal.ts";

/** The system as it is when the faults are over and it has come to rest, or has not in time. */
export interface Observed {
  readonly registrations: readonly {
    readonly id: string;
    readonly userId: string;
    readonly state: string;
    readonly key: string | null;
  }[];
  readonly users: readonly { readonly id: string; readonly email: string; readonly status: string }[];
  readonly accounts: readonly {
    readonly userId: string;
    readonly email: string;
    readonly status: string;
    readonly hasPassword: boolean;
  }[];
  readonly creations: readonly { readonly id: string; readonly userId: string; readonly outcome: string | null }[];
  readonly journal: readonly JournalEntry[];
  /** Message ids. */
  readonly deadLetters: readonly string[];
  readonly outbox: number;
  readonly queued: readonly { readonly queue: string; readonly messages: number }[];
  /** E-mails of those who have an active account and were refused at the door. */
  readonly lockedOut: ReadonlySet<string>;
}

/** Every list but `recovered` must be empty. Each entry is a line for a person. */
export interface Findings {
  readonly lost: readonly string[];
  readonly duplicated: readonly string[];
  readonly orphaned: readonly string[];
  readonly unexpected: readonly string[];
  readonly leftovers: readonly string[];
  /** Allowed: nobody told the client, and it happened. */
  readonly recovered: readonly string[];
}

/**
 * Holds the system to what its clients were told.
 * @param planted message ids of the poisons that must be the dead letters, and nothing else
 */
export function judge(log: ClientLog, observed: Observed, planted: readonly string[]): Findings {
  const facts = index(observed);
  return {
    lost: log.wishes.filter((wish) => isLost(wish, facts)).map((wish) => tell(wish, facts)),
    duplicated: [...duplicatedWishes(log, facts), ...duplicatedUsers(observed), ...duplicatedEffects(observed)],
    orphaned: orphans(observed, facts),
    unexpected: [...strangers(log, observed), ...againstRefusal(log, facts)],
    leftovers: leftovers(observed, planted),
    recovered: log.wishes.filter((wish) => isRecovered(wish, facts)).map((wish) => tell(wish, facts)),
  };
}

type Facts = ReturnType<typeof index>;

function index({ registrations, users, accounts, lockedOut }: Observed) {
  return {
    byKey: Map.groupBy(registrations, ({ key }) => key ?? ""),
    byUserId: new Map(registrations.map((registration) => [registration.userId, registration])),
    users: new Map(users.map((user) => [user.id, user])),
    owners: new Map(users.map((user) => [user.email, user.id])),
    accounts: new Map(accounts.map((account) => [account.userId, account])),
    lockedOut,
  };
}

const registrationOf = (wish: Wish, facts: Facts) => facts.byKey.get(wish.key)?.[0];

/** Completed, with a user and an account that lets the person in. */
function isIn(wish: Wish, facts: Facts): boolean {
  const registration = registrationOf(wish, facts);
  if (registration?.state !== "COMPLETED") return false;
  const account = facts.accounts.get(registration.userId);
  return (
    facts.users.has(registration.userId) &&
    account?.status === "ACTIVE" &&
    account.hasPassword &&
    !facts.lockedOut.has(account.email)
  );
}

function isLost(wish: Wish, facts: Facts): boolean {
  if (outcomeOf(wish) !== "acknowledged" || isIn(wish, facts)) return false;
  const registration = registrationOf(wish, facts);
  if (registration === undefined) return true;
  if (wish.mayFail && registration.state === "FAILED") return false;
  const owner = facts.owners.get(wish.person.email);
  return registration.state !== "REJECTED" || owner === undefined || owner === registration.userId;
}

const isRecovered = (wish: Wish, facts: Facts): boolean => outcomeOf(wish) === "indeterminate" && isIn(wish, facts);

function duplicatedWishes(log: ClientLog, { byKey }: Facts): string[] {
  return log.wishes.flatMap((wish) => {
    const told = new Set(wish.attempts.flatMap(({ registrationId }) => registrationId ?? []));
    const made = byKey.get(wish.key)?.length ?? 0;
    return told.size > 1 || made > 1
      ? [`${wish.person.email}: ${made} registrations, and ${told.size} were acknowledged, for one key`]
      : [];
  });
}

function duplicatedUsers({ users, creations }: Observed): string[] {
  const created = creations.filter(({ outcome }) => outcome === "CREATED");
  return [
    ...repeated(users.map(({ email }) => email)).map((email) => `${email}: more than one user`),
    ...repeated(created.map(({ id }) => id)).map((id) => `creation ${id}: more than one user`),
    ...repeated(created.map(({ userId }) => userId)).map((id) => `user ${id}: created more than once`),
  ];
}

const commands = new Set(["limen.users.v1.CreateUser", "limen.users.v1.CancelUserCreation"]);
const answers = new Set(["limen.users.v1.UserCreated", "limen.users.v1.UserCreationRejected"]);

/** Each command has one answer at most, however often it was delivered; each registration is announced once. */
function duplicatedEffects({ journal }: Observed): string[] {
  const counts = new Map<string, { commands: number; answers: number; announced: number }>();
  for (const { type, creationId } of journal) {
    if (creationId === null) continue;
    const count = counts.get(creationId) ?? { commands: 0, answers: 0, announced: 0 };
    counts.set(creationId, count);
    if (commands.has(type)) count.commands += 1;
    if (answers.has(type)) count.answers += 1;
    if (type === "limen.auth.v1.UserRegistered") count.announced += 1;
  }
  return [...counts].flatMap(([id, count]) => [
    ...(count.answers > count.commands
      ? [`creation ${id}: ${count.answers} answers to ${count.commands} commands`]
      : []),
    ...(count.announced > 1 ? [`registration ${id}: announced ${count.announced} times`] : []),
  ]);
}

const finished = new Set(["COMPLETED", "REJECTED", "FAILED"]);

function orphans({ users, accounts, registrations, creations }: Observed, facts: Facts): string[] {
  const lines: string[] = [];
  for (const { id, email, status } of users) {
    const account = facts.accounts.get(id);
    const registration = facts.byUserId.get(id);
    if (account === undefined) lines.push(`user ${email}: no account`);
    else if (account.status !== status) lines.push(`user ${email}: ${status}, but the account is ${account.status}`);
    else if (registration !== undefined && !account.hasPassword) lines.push(`user ${email}: registered, but invited`);
    if (registration !== undefined && registration.state !== "COMPLETED") {
      lines.push(`user ${email}: exists, though the registration is ${registration.state}`);
    }
  }
  for (const { userId, email } of accounts) if (!facts.users.has(userId)) lines.push(`account ${email}: no user`);
  for (const { id, state } of registrations) if (!finished.has(state)) lines.push(`registration ${id}: still ${state}`);
  for (const { id, outcome } of creations) if (outcome === null) lines.push(`creation ${id}: not decided`);
  return lines;
}

/** Users and registrations that no wish explains. */
function strangers({ wishes }: ClientLog, { users, registrations }: Observed): string[] {
  const wished = new Set(wishes.map(({ key }) => key));
  const explained = new Set(registrations.filter(({ key }) => wished.has(key ?? "")).map(({ userId }) => userId));
  return [
    ...registrations.filter(({ key }) => !wished.has(key ?? "")).map(({ id }) => `registration ${id}: nobody's wish`),
    ...users.filter(({ id }) => !explained.has(id)).map(({ email }) => `user ${email}: nobody's wish`),
  ];
}

/** A client that was refused for good counts on having no account. */
const againstRefusal = ({ wishes }: ClientLog, facts: Facts): string[] =>
  wishes
    .filter((wish) => outcomeOf(wish) === "definite" && isIn(wish, facts))
    .map((wish) => `${tell(wish, facts)}, though it was refused`);

function leftovers({ outbox, queued, deadLetters }: Observed, planted: readonly string[]): string[] {
  const [dead, poisons] = [new Set(deadLetters), new Set(planted)];
  return [
    ...(outbox > 0 ? [`outbox: ${outbox} rows`] : []),
    ...queued.map(({ queue, messages }) => `${queue}: ${messages} messages`),
    ...[...dead].filter((id) => !poisons.has(id)).map((id) => `dead letter ${id}: no poison`),
    ...[...poisons].filter((id) => !dead.has(id)).map((id) => `poison ${id}: no dead letter`),
    ...repeated(deadLetters).map((id) => `dead letter ${id}: kept more than once`),
  ];
}

function repeated(values: readonly string[]): string[] {
  const seen = new Set<string>();
  return values.filter((value) => seen.size === seen.add(value).size);
}

function tell(wish: Wish, facts: Facts): string {
  const attempts = wish.attempts.map(({ status, reason }) => (status === 0 ? reason : status)).join(", ");
  const state = registrationOf(wish, facts)?.state ?? "no registration";
  return `${wish.person.email}: ${state} after ${attempts || "no attempt"}`;
}
