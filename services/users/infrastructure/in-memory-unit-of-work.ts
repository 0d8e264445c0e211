import type { CreateUserCommand } from "../application/create-user.ts";
import type { Creations, Messages, UnitOfWork, Users } from "../application/ports.ts";
import type { Creation } from "../domain/creation.ts";
import type { UserEvent } from "../domain/events.ts";
import type { User, UserId } from "../domain/user.ts";

interface State {
  readonly users: Map<UserId, User>;
  readonly creations: Map<string, Creation>;
  readonly handled: Set<string>;
  readonly published: UserEvent[];
  readonly requested: CreateUserCommand[];
}

/** Behaves as PostgreSQL does for our purposes; kept honest by unit-of-work.contract.ts. */
export function createInMemoryUnitOfWork(): UnitOfWork & {
  /** Events and commands of the work that was kept, in order. */
  published(): readonly UserEvent[];
  requested(): readonly CreateUserCommand[];
} {
  let kept: State = { users: new Map(), creations: new Map(), handled: new Set(), published: [], requested: [] };
  let last: Promise<unknown> = Promise.resolve();

  /** One unit of work at a time, which is what the locks amount to here. */
  function inTurn<T>(work: (draft: State) => Promise<T>): Promise<T> {
    const result = last.then(async () => {
      const draft: State = {
        users: new Map(kept.users),
        creations: new Map(kept.creations),
        handled: new Set(kept.handled),
        published: [...kept.published],
        requested: [...kept.requested],
      };
      const outcome = await work(draft);
      kept = draft;
      return outcome;
    });
    last = result.catch(() => {});
    return result;
  }

  return {
    published: () => kept.published,
    requested: () => kept.requested,
    run: (work) => inTurn((draft) => work(transaction(draft))),
    runOnce: (messageId, work) =>
      inTurn(async (draft) => {
        if (draft.handled.has(messageId)) return;
        draft.handled.add(messageId);
        await work(transaction(draft));
      }),
  };
}

const transaction = (draft: State) => ({
  users: usersOf(draft.users),
  creations: creationsOf(draft.creations),
  messages: messagesOf(draft),
});

function usersOf(rows: Map<UserId, User>): Users {
  return {
    async add(user) {
      if (rows.has(user.id)) return "USER_ID_TAKEN";
      if ([...rows.values()].some(({ email }) => email === user.email)) return "EMAIL_TAKEN";
      rows.set(user.id, user);
      return "ADDED";
    },
    find: async (id) => rows.get(id) ?? null,
    save: async (user) => void rows.set(user.id, user),
  };
}

function creationsOf(rows: Map<string, Creation>): Creations {
  return {
    async claim(creation) {
      const known = rows.get(creation.id);
      if (known !== undefined) return known;
      rows.set(creation.id, creation);
      return creation;
    },
    decide: async (decision) => void rows.set(decision.id, decision),
  };
}

function messagesOf({ published, requested }: State): Messages {
  return {
    publish: async (event) => void published.push(event),
    request: async (command) => void requested.push(command),
  };
}
