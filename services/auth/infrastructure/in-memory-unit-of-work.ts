import { createInTurn } from "../../platform/in-turn.ts";
import type { AuditEntry } from "../application/credential-ports.ts";
import type {
  AccountReader,
  Accounts,
  EmailChanges,
  ProofReader,
  Proofs,
  RegistrationReader,
  Registrations,
  Sessions,
  Transaction,
  UnitOfWork,
} from "../application/ports.ts";
import { type Account, mayLogIn } from "../domain/account.ts";
import { type EmailChange, isFinishedChange } from "../domain/email-change.ts";
import type { Mail } from "../domain/mail.ts";
import type { AuthMessage } from "../domain/messages.ts";
import type { Proof } from "../domain/proof.ts";
import type { Registration } from "../domain/registration.ts";
import type { RevokeReason, Session } from "../domain/session.ts";

/** Also opens sessions, for the ports that do so outside of a unit of work. */
interface InMemoryTransaction extends Transaction {
  readonly sessions: Sessions & { open(session: Session, credentialVersion: number): Promise<boolean> };
}

export interface InMemoryUnitOfWork extends UnitOfWork {
  run<T>(work: (tx: InMemoryTransaction) => Promise<T>): Promise<T>;
  readonly registrations: RegistrationReader;
  readonly accounts: AccountReader;
  /** Every message that a kept unit of work sent, oldest first. */
  readonly sent: AuthMessage[];
  /** Ids that `findUnsent` finds, as if their messages had not left the outbox. */
  readonly waiting: Set<string>;
  readonly sessions: ReadonlyMap<string, StoredSession>;
  readonly proofs: ProofReader;
  readonly emailChanges: ReadonlyMap<string, EmailChange>;
  /** Every mail that a kept unit of work sent, oldest first. */
  readonly mails: Mail[];
  /** The audit trail of every kept unit of work, oldest first. */
  readonly audited: AuditEntry[];
}

interface StoredSession extends Session {
  readonly revokeReason: RevokeReason | null;
}

interface StoredProof extends Proof {
  readonly used: boolean;
}

interface State {
  readonly registrations: Map<string, Registration>;
  readonly accounts: Map<string, Account>;
  readonly sessions: Map<string, StoredSession>;
  /** By user. */
  readonly proofs: Map<string, StoredProof>;
  readonly emailChanges: Map<string, EmailChange>;
  readonly handled: Set<string>;
  readonly sent: AuthMessage[];
  readonly mails: Mail[];
  readonly audited: AuditEntry[];
}

/** Behaves as PostgreSQL does for our purposes; kept honest by unit-of-work.contract.ts. One unit of work at a time. */
export function createInMemoryUnitOfWork(): InMemoryUnitOfWork {
  let state: State = {
    registrations: new Map(),
    accounts: new Map(),
    sessions: new Map(),
    proofs: new Map(),
    emailChanges: new Map(),
    handled: new Set(),
    sent: [],
    mails: [],
    audited: [],
  };
  const sent: AuthMessage[] = [];
  const mails: Mail[] = [];
  const audited: AuditEntry[] = [];
  const waiting = new Set<string>();
  const inTurn = createInTurn();

  const transaction = <T>(work: (draft: State) => Promise<T>): Promise<T> =>
    inTurn("all", async () => {
      const draft: State = {
        registrations: new Map(state.registrations),
        accounts: new Map(state.accounts),
        sessions: new Map(state.sessions),
        proofs: new Map(state.proofs),
        emailChanges: new Map(state.emailChanges),
        handled: new Set(state.handled),
        sent: [],
        mails: [],
        audited: [],
      };
      const outcome = await work(draft);
      state = draft;
      sent.push(...draft.sent);
      mails.push(...draft.mails);
      audited.push(...draft.audited);
      return outcome;
    });

  const portsOf = (draft: State) => ({
    registrations: registrationsOf(draft.registrations),
    accounts: accountsOf(draft.accounts),
    sessions: sessionsOf(draft),
    proofs: proofsOf(draft.proofs),
    emailChanges: emailChangesOf(draft.emailChanges),
    mails: { send: async (mail: Mail) => void draft.mails.push(mail) },
    audit: async (entry: AuditEntry) => void draft.audited.push(entry),
    messages: {
      send: async (message: AuthMessage) => void draft.sent.push(message),
      findUnsent: async (ids: readonly string[]) => new Set(ids.filter((id) => waiting.has(id))),
    },
  });

  return {
    sent,
    mails,
    audited,
    waiting,
    get sessions() {
      return state.sessions;
    },
    get emailChanges() {
      return state.emailChanges;
    },
    run: (work) => transaction((draft) => work(portsOf(draft))),
    runOnce: (messageId, work) =>
      transaction(async (draft) => {
        if (draft.handled.has(messageId)) return;
        draft.handled.add(messageId);
        await work(portsOf(draft));
      }),
    registrations: {
      find: async (id) => state.registrations.get(id) ?? null,
      findByIdempotencyKey: async (key, since) =>
        [...state.registrations.values()].find((r) => r.idempotencyKey === key && r.createTime >= since) ?? null,
    },
    proofs: {
      find: async (id, now) => outstanding(state.proofs, now).find((proof) => proof.id === id) ?? null,
    },
    accounts: {
      find: async (userId) => state.accounts.get(userId) ?? null,
      async findByEmail(email) {
        const found = [...state.accounts.values()].filter((account) => account.email === email);
        return found.find(mayLogIn) ?? found[0] ?? null;
      },
    },
  };
}

function registrationsOf(rows: Map<string, Registration>): Registrations {
  return {
    async add(registration, keysSince) {
      const holder = [...rows.values()].find(
        ({ idempotencyKey }) => idempotencyKey !== null && idempotencyKey === registration.idempotencyKey,
      );
      if (holder !== undefined) {
        if (holder.createTime >= keysSince) return false;
        rows.set(holder.id, { ...holder, idempotencyKey: null });
      }
      rows.set(registration.id, registration);
      return true;
    },
    find: async (id) => rows.get(id) ?? null,
    findByUserId: async (userId) => [...rows.values()].find((row) => row.userId === userId) ?? null,
    findDue: async (now, limit) => dueOf(rows, now, limit),
    save: async (registration) => void rows.set(registration.id, registration),
  };
}

function emailChangesOf(rows: Map<string, EmailChange>): EmailChanges {
  return {
    async add(change) {
      if ([...rows.values()].some((row) => row.userId === change.userId && !isFinishedChange(row))) return false;
      rows.set(change.id, change);
      return true;
    },
    find: async (id) => rows.get(id) ?? null,
    findDue: async (now, limit) => dueOf(rows, now, limit),
    save: async (change) => void rows.set(change.id, change),
  };
}

function dueOf<T extends { nextSendTime: Date | null }>(rows: ReadonlyMap<string, T>, now: Date, limit: number): T[] {
  return [...rows.values()]
    .filter(({ nextSendTime }) => nextSendTime !== null && nextSendTime <= now)
    .sort((a, b) => Number(a.nextSendTime) - Number(b.nextSendTime))
    .slice(0, limit);
}

function accountsOf(rows: Map<string, Account>): Accounts {
  return {
    find: async (userId) => rows.get(userId) ?? null,
    findByEmail: async (email) =>
      [...rows.values()]
        .filter((account) => account.email === email)
        .sort((a, b) => Number(b.updateTime) - Number(a.updateTime))[0] ?? null,
    async add(account) {
      if (rows.has(account.userId)) return false;
      rows.set(account.userId, account);
      return true;
    },
    save: async (account) => void rows.set(account.userId, account),
  };
}

function sessionsOf({ sessions, accounts }: State): InMemoryTransaction["sessions"] {
  const revoke = (session: StoredSession, revokeReason: RevokeReason): void =>
    void sessions.set(session.id, { ...session, revokeReason });
  return {
    async open(session, credentialVersion) {
      const account = accounts.get(session.userId);
      if (account?.status !== "ACTIVE" || account.credentialVersion !== credentialVersion) return false;
      sessions.set(session.id, { ...session, revokeReason: null });
      return true;
    },
    async revoke(id, userId, reason) {
      const session = sessions.get(id);
      if (session?.userId !== userId || session.revokeReason !== null) return false;
      revoke(session, reason);
      return true;
    },
    async revokeAll(userId, reason, _now, exceptId) {
      for (const session of sessions.values()) {
        if (session.userId !== userId || session.id === exceptId || session.revokeReason !== null) continue;
        revoke(session, reason);
      }
    },
  };
}

function proofsOf(rows: Map<string, StoredProof>): Proofs {
  return {
    issue: async (proof) => void rows.set(proof.userId, { ...proof, used: false }),
    isOutstanding: async (userId, now) => outstanding(rows, now).some((proof) => proof.userId === userId),
    async use(id, now) {
      const proof = outstanding(rows, now).find((candidate) => candidate.id === id);
      const stored = proof && rows.get(proof.userId);
      if (stored === undefined) return false;
      rows.set(stored.userId, { ...stored, used: true });
      return true;
    },
    revoke: async (userId) => void rows.delete(userId),
  };
}

const outstanding = (rows: ReadonlyMap<string, StoredProof>, now: Date): Proof[] =>
  [...rows.values()].filter((proof) => !proof.used && proof.expireTime > now).map(({ used: _, ...proof }) => proof);
