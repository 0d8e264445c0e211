import type { CancelUserCreation, Change, CreateUser, Message, Step } from "./users-steps.ts";

interface ModelUser {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly status: "ACTIVE" | "SUSPENDED" | "DELETED";
  readonly version: number;
  readonly createTime: Date;
  readonly updateTime: Date;
}
/** What a step is refused for, or null, and the events that it says. */
interface Outcome {
  readonly refusal: string | null;
  readonly said: readonly object[];
}
const nothing: Outcome = { refusal: null, said: [] };
const refused = (refusal: string): Outcome => ({ refusal, said: [] });
const said = (event: object): Outcome => ({ refusal: null, said: [event] });

/** What the use cases are meant to do. */
export function modelUsers() {
  const users = new Map<string, ModelUser>();
  const creations = new Map<string, { userId: string; outcome: string | null }>();
  const handled = new Set<string>();

  function newOf<T extends Message>(messages: readonly T[]): T[] {
    return messages.filter(({ messageId }) => !handled.has(messageId) && handled.add(messageId));
  }

  function decide(command: CreateUser | CancelUserCreation, now: Date): object {
    const { creationId } = command;
    const creation = creations.get(creationId) ?? { userId: command.userId, outcome: null };
    creations.set(creationId, creation);
    if (creation.outcome === null) {
      creation.outcome = command.do === "cancel" ? "CANCELLED" : outcomeFor(creation.userId, command);
      if (command.do === "create" && creation.outcome === "CREATED") {
        const { email, name } = parsed(command);
        const times = { createTime: now, updateTime: now };
        users.set(creation.userId, { id: creation.userId, email, name, status: "ACTIVE", version: 1, ...times });
      }
    }
    const user = users.get(creation.userId);
    return creation.outcome === "CREATED" && user !== undefined
      ? { type: "user-created", creationId, ...snapshot(user), occurTime: user.createTime }
      : { type: "user-creation-rejected", creationId, reason: creation.outcome, occurTime: now };
  }

  function outcomeFor(id: string, command: CreateUser): string {
    const { email, name } = parsed(command);
    if (name === "") return "INVALID_NAME";
    if (email === "nobody") return "INVALID_EMAIL";
    if (users.has(id)) return "USER_ID_TAKEN";
    return [...users.values()].some((user) => user.email === email) ? "EMAIL_TAKEN" : "CREATED";
  }

  function change(step: Change, now: Date): Outcome {
    if (step.do === "rename" && step.name === " ") return refused("INVALID_NAME");
    const user = users.get(step.userId);
    if (user === undefined) return refused("USER_NOT_FOUND");
    if (user.status === "DELETED") return step.do === "delete" ? nothing : refused("USER_DELETED");
    const [type, changed] = changeOf(step, user);
    if (changed.name === user.name && changed.status === user.status) return nothing;
    const next = { ...user, ...changed, version: user.version + 1, updateTime: now };
    users.set(user.id, next);
    return said({ type, ...snapshot(next), occurTime: now, actor: null });
  }

  return {
    users: () => users.values(),
    take(step: Step, now: Date): Outcome {
      switch (step.do) {
        case "announce":
          if (!creations.has(step.creationId)) creations.set(step.creationId, { userId: step.userId, outcome: null });
          return nothing;
        case "create":
        case "cancel":
          return { refusal: null, said: newOf([step]).map((command) => decide(command, now)) };
        case "create together": {
          const messages = newOf(step.messages);
          for (const command of inTheirOrder(messages)) decide(command, now);
          return { refusal: null, said: messages.map((command) => decide(command, now)) };
        }
        default:
          return change(step, now);
      }
    },
  };
}

/** The first command about each creation decides it; creations are decided in the order of their addresses. */
function inTheirOrder(commands: readonly CreateUser[]): CreateUser[] {
  const firsts = commands.filter(
    (command, i) => commands.findIndex(({ creationId }) => creationId === command.creationId) === i,
  );
  return firsts.toSorted((a, b) =>
    parsed(a).email < parsed(b).email ? -1 : Number(parsed(a).email > parsed(b).email),
  );
}

function changeOf(step: Change, user: ModelUser): [type: string, changed: Pick<ModelUser, "name" | "status">] {
  switch (step.do) {
    case "suspend":
      return ["user-suspended", { ...user, status: "SUSPENDED" }];
    case "reactivate":
      return ["user-reactivated", { ...user, status: "ACTIVE" }];
    case "delete":
      return ["user-deleted", { ...user, status: "DELETED" }];
    case "rename":
      return ["user-updated", { ...user, name: step.name.normalize() }];
  }
}

const parsed = ({ email, name }: CreateUser) => ({ email: email.trim().toLowerCase(), name: name.trim().normalize() });

const snapshot = ({ id, email, status, version }: ModelUser) => ({ userId: id, email, status, version });
