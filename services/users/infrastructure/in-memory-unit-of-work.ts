import { createInTurn } from "../../platform/in-turn.ts";
import type { CreateUserCommand } from "../application/create-user.ts";
import type {
  AddOutcome,
  BatchUnitOfWork,
  Creations,
  EmailChanges,
  Messages,
  Newcomer,
  UnitOfWork,
  Users,
} from "../application/ports.ts";
import { type Creation, type DecidedCreation, isDecided, type PendingCreation, pending } from "../domain/creation.ts";
import type { CreationRequest } from "../domain/creation-request.ts";
import type { EmailChange } from "../domain/email-change.ts";
import type { UserEvent } from "../domain/events.ts";
import type { User, UserId } from "../domain/user.ts";

interface State {
  readonly users: Map<UserId, User>;
  readonly creations: Map<string, Creation>;
  readonly requests: Map<string, CreationRequest>;
  readonly emailChanges: Map<string, EmailChange>;
  readonly handled: Set<string>;
  readonly published: UserEvent[];
  readonly requested: CreateUserCommand[];
  /** Ids of creations whose commands have not left yet. */
  readonly unsent: Set<string>;
}

interface InMemoryUnitOfWork extends UnitOfWork, BatchUnitOfWork {
  /** Events and commands of the work that was kept, in order. */
  published(): readonly UserEvent[];
  requested(): readonly CreateUserCommand[];
  /** All that is kept has left. */
  sendAll(): Promise<void>;
}

/** Behaves as PostgreSQL does for our purposes; kept honest by the contracts beside it. */
export function createInMemoryUnitOfWork(): InMemoryUnitOfWork {
  let kept: State = {
    users: new Map(),
    creations: new Map(),
    requests: new Map(),
    emailChanges: new Map(),
    handled: new Set(),
    published: [],
    requested: [],
    unsent: new Set(),
  };
  const inTurn = createInTurn();

  /** One unit of work at a time, which is what the locks amount to here. */
  const atomically = <T>(work: (draft: State) => Promise<T>): Promise<T> =>
    inTurn("all", async () => {
      const draft: State = {
        users: new Map(kept.users),
        creations: new Map(kept.creations),
        requests: new Map(kept.requests),
        emailChanges: new Map(kept.emailChanges),
        handled: new Set(kept.handled),
        published: [...kept.published],
        requested: [...kept.requested],
        unsent: new Set(kept.unsent),
      };
      const outcome = await work(draft);
      kept = draft;
      return outcome;
    });

  return {
    published: () => kept.published,
    requested: () => kept.requested,
    sendAll: () => atomically(async ({ unsent }) => unsent.clear()),
    run: (work) => atomically((draft) => work(transaction(draft))),
    runOnce: (messageId, work) =>
      atomically(async (draft) => {
        if (draft.handled.has(messageId)) return;
        draft.handled.add(messageId);
        await work(transaction(draft));
      }),
    runOnceEach: (messages, work) =>
      atomically(async (draft) => {
        const fresh = messages.filter(({ messageId }) => {
          if (draft.handled.has(messageId)) return false;
          draft.handled.add(messageId);
          return true;
        });
        if (fresh.length > 0) await work(transaction(draft), fresh);
      }),
    async keepNew(newcomers) {
      try {
        await atomically(async (draft) => {
          for (const newcomer of newcomers) keepOne(draft, newcomer);
        });
        return true;
      } catch (error) {
        if (error === notNew) return false;
        throw error;
      }
    },
  };
}

const notNew = new Error("something of it is known or taken");

function keepOne(draft: State, { messageId, creation, user, answer }: Newcomer): void {
  const known = draft.creations.get(creation.id) ?? pending(creation.id, creation.userId);
  if (draft.handled.has(messageId) || isDecided(known) || known.userId !== creation.userId) throw notNew;
  if (addTo(draft.users, user) !== "ADDED") throw notNew;
  draft.handled.add(messageId);
  draft.creations.set(creation.id, creation);
  draft.requests.delete(creation.id);
  draft.published.push(answer.event);
}

const transaction = (draft: State) => ({
  users: usersOf(draft.users),
  creations: creationsOf(draft),
  emailChanges: emailChangesOf(draft.emailChanges),
  messages: messagesOf(draft),
});

function addTo(rows: Map<UserId, User>, user: User): AddOutcome {
  if (rows.has(user.id)) return "USER_ID_TAKEN";
  if ([...rows.values()].some(({ email }) => email === user.email)) return "EMAIL_TAKEN";
  rows.set(user.id, user);
  return "ADDED";
}

function usersOf(rows: Map<UserId, User>): Users {
  return {
    add: async (user) => addTo(rows, user),
    addAll: async (users) => new Map(users.map((user) => [user, addTo(rows, user)])),
    find: async (id) => rows.get(id) ?? null,
    findAll: async (ids) => ids.map((id) => rows.get(id)).filter((user) => user !== undefined),
    save: async (user) => void rows.set(user.id, user),
    async saveEmail(user) {
      if ([...rows.values()].some(({ id, email }) => id !== user.id && email === user.email)) return "EMAIL_TAKEN";
      rows.set(user.id, user);
      return "SAVED";
    },
  };
}

function emailChangesOf(rows: Map<string, EmailChange>): EmailChanges {
  return {
    async claim(change) {
      const known = rows.get(change.id) ?? change;
      rows.set(change.id, known);
      return known;
    },
    decide: async (decision) => void rows.set(decision.id, decision),
  };
}

function creationsOf({ creations: rows, requests }: State): Creations {
  const claim = (creation: PendingCreation): Creation => {
    const known = rows.get(creation.id) ?? creation;
    rows.set(creation.id, known);
    return known;
  };
  const decide = (decision: DecidedCreation): void => {
    rows.set(decision.id, decision);
    requests.delete(decision.id);
  };
  return {
    claim: async (creation) => claim(creation),
    claimAll: async (creations) => creations.map(claim),
    decide: async (decision) => decide(decision),
    decideAll: async (decisions) => decisions.forEach(decide),
    async addRequest(request) {
      rows.set(request.creation.id, request.creation);
      requests.set(request.creation.id, request);
    },
    findOverdue: async (now, limit) =>
      [...requests.values()]
        .filter(({ nextSendTime }) => nextSendTime <= now)
        .sort((a, b) => a.nextSendTime.getTime() - b.nextSendTime.getTime())
        .slice(0, limit),
    async reschedule(changed) {
      for (const request of changed) requests.set(request.creation.id, request);
    },
  };
}

function messagesOf({ published, requested, unsent }: State): Messages {
  return {
    publish: async (event) => void published.push(event),
    publishAll: async (answers) => void published.push(...answers.map(({ event }) => event)),
    async request(command) {
      requested.push(command);
      unsent.add(command.creationId);
    },
    findUnsent: async (creationIds) => new Set(creationIds.filter((id) => unsent.has(id))),
  };
}
