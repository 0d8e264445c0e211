import type {
  AccountReader,
  Accounts,
  RegistrationReader,
  Registrations,
  Sessions,
  UnitOfWork,
} from "../application/ports.ts";
import { type Account, mayLogIn } from "../domain/account.ts";
import type { AuthMessage } from "../domain/messages.ts";
import type { Registration } from "../domain/registration.ts";
import type { RevokeReason, Session } from "../domain/session.ts";

export interface InMemoryUnitOfWork extends UnitOfWork {
  readonly registrations: RegistrationReader;
  readonly accounts: AccountReader;
  /** Every message that a kept unit of work sent, oldest first. */
  readonly sent: AuthMessage[];
  /** Ids for which `isWaiting` says yes, as if their messages had not left the outbox. */
  readonly waiting: Set<string>;
  readonly sessions: ReadonlyMap<string, StoredSession>;
}

interface StoredSession extends Session {
  readonly revokeReason: RevokeReason | null;
}

interface State {
  readonly registrations: Map<string, Registration>;
  readonly accounts: Map<string, Account>;
  readonly sessions: Map<string, StoredSession>;
  readonly handled: Set<string>;
  readonly sent: AuthMessage[];
}

/** Behaves as PostgreSQL does for our purposes; kept honest by unit-of-work.contract.ts. One unit of work at a time. */
export function createInMemoryUnitOfWork(): InMemoryUnitOfWork {
  let state: State = {
    registrations: new Map(),
    accounts: new Map(),
    sessions: new Map(),
    handled: new Set(),
    sent: [],
  };
  const sent: AuthMessage[] = [];
  const waiting = new Set<string>();
  let tail: Promise<unknown> = Promise.resolve();

  const transaction = <T>(work: (draft: State) => Promise<T>): Promise<T> => {
    const result = tail.then(async () => {
      const draft: State = {
        registrations: new Map(state.registrations),
        accounts: new Map(state.accounts),
        sessions: new Map(state.sessions),
        handled: new Set(state.handled),
        sent: [],
      };
      const outcome = await work(draft);
      state = draft;
      sent.push(...draft.sent);
      return outcome;
    });
    tail = result.catch(() => {});
    return result;
  };

  const portsOf = (draft: State) => ({
    registrations: registrationsOf(draft.registrations),
    accounts: accountsOf(draft.accounts),
    sessions: sessionsOf(draft),
    messages: {
      send: async (message: AuthMessage) => void draft.sent.push(message),
      isWaiting: async (id: string) => waiting.has(id),
    },
  });

  return {
    sent,
    waiting,
    get sessions() {
      return state.sessions;
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
    findDue: async (now, limit) =>
      [...rows.values()]
        .filter(({ nextSendTime }) => nextSendTime !== null && nextSendTime <= now)
        .sort((a, b) => Number(a.nextSendTime) - Number(b.nextSendTime))
        .slice(0, limit),
    save: async (registration) => void rows.set(registration.id, registration),
  };
}

function accountsOf(rows: Map<string, Account>): Accounts {
  return {
    find: async (userId) => rows.get(userId) ?? null,
    async add(account) {
      if (rows.has(account.userId)) return false;
      rows.set(account.userId, account);
      return true;
    },
    save: async (account) => void rows.set(account.userId, account),
  };
}

function sessionsOf({ sessions, accounts }: State): Sessions {
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
    async revokeAll(userId, reason) {
      for (const session of sessions.values()) {
        if (session.userId === userId && session.revokeReason === null) revoke(session, reason);
      }
    },
  };
}
