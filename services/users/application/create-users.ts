import {
  created,
  type DecidedCreation,
  isDecided,
  type PendingCreation,
  pending,
  type RejectionReason,
  rejected,
} from "../domain/creation.ts";
import { userCreated } from "../domain/events.ts";
import { byAddress, type User, type UserId } from "../domain/user.ts";
import { type CreateUserCommand, draftUser } from "./create-user.ts";
import { answerOf, type CreationAnswer } from "./creation-answers.ts";
import type { BatchUnitOfWork, Clock, Newcomer, Transaction } from "./ports.ts";

export interface CreateUserMessage {
  readonly messageId: string;
  /** W3C trace context of the message. Together they have many, which cannot travel beside the arguments. */
  readonly traceparent: string;
  readonly command: CreateUserCommand;
}

export type CreateUsers = (messages: readonly CreateUserMessage[]) => Promise<void>;

/** Does what create-user.ts does, for each of the messages in some order, but for all in one unit of work. */
export function createCreateUsers({ uow, clock }: { uow: BatchUnitOfWork; clock: Clock }): CreateUsers {
  return async (messages) => {
    const now = clock.now();
    const newcomers = allNewcomers(messages, now);
    if (newcomers !== null && (await uow.keepNew(newcomers))) return;
    await uow.runOnceEach(messages, async (tx, fresh) => {
      const commands = firstOfEachCreation(fresh);
      const claimed = await tx.creations.claimAll(
        [...commands.values()].map(({ creationId, userId }) => pending(creationId, userId as UserId)),
      );
      const known = await recordedDecisions(tx, claimed.filter(isDecided), now);
      const undecided = claimed.filter((creation) => !isDecided(creation));
      const answers = new Map([...known, ...(await decideAll(tx, undecided, commands, now))]);
      await tx.messages.publishAll(
        fresh.map(({ command, traceparent }) => ({ event: required(answers, command.creationId), traceparent })),
      );
    });
  };
}

/** The users that there will be if nothing stands against any of them. Null when that is plain to see already. */
function allNewcomers(messages: readonly CreateUserMessage[], now: Date): Newcomer[] | null {
  const newcomers: Newcomer[] = [];
  const creations = new Set<string>();
  for (const { messageId, command, traceparent } of messages) {
    const wish = pending(command.creationId, command.userId as UserId);
    const user = draftUser(wish, command, now);
    if (typeof user === "string" || creations.has(wish.id)) return null;
    creations.add(wish.id);
    const creation = created(wish);
    newcomers.push({ messageId, creation, user, answer: { event: userCreated(user, creation), traceparent } });
  }
  return newcomers;
}

type Answers = Map<string, CreationAnswer>;

/** The first command about a creation decides it; the others hear what was decided. */
function firstOfEachCreation(messages: readonly CreateUserMessage[]): Map<string, CreateUserCommand> {
  const commands = new Map<string, CreateUserCommand>();
  for (const { command } of messages) {
    if (!commands.has(command.creationId)) commands.set(command.creationId, command);
  }
  return commands;
}

async function recordedDecisions(tx: Transaction, creations: readonly DecidedCreation[], now: Date): Promise<Answers> {
  const ids = creations.filter(({ state }) => state === "CREATED").map(({ userId }) => userId);
  const found = ids.length === 0 ? [] : await tx.users.findAll(ids);
  const users = new Map(found.map((user) => [user.id, user]));
  return new Map(creations.map((creation) => [creation.id, answerOf(creation, users.get(creation.userId), now)]));
}

async function decideAll(
  tx: Transaction,
  creations: readonly PendingCreation[],
  commands: ReadonlyMap<string, CreateUserCommand>,
  now: Date,
): Promise<Answers> {
  const users = new Map<string, User>();
  const refusals = new Map<string, RejectionReason>();
  for (const creation of creations) {
    const user = draftUser(creation, required(commands, creation.id), now);
    if (typeof user === "string") refusals.set(creation.id, user);
    else users.set(creation.id, user);
  }
  const outcomes = await tx.users.addAll([...users.values()].sort(byAddress));
  for (const [creationId, user] of users) {
    const outcome = required(outcomes, user);
    if (outcome !== "ADDED") refusals.set(creationId, outcome);
  }
  const decisions = creations.map((creation) => {
    const refusal = refusals.get(creation.id);
    return refusal === undefined ? created(creation) : rejected(creation, refusal);
  });
  await tx.creations.decideAll(decisions);
  return new Map(decisions.map((decision) => [decision.id, answerOf(decision, users.get(decision.id), now)]));
}

function required<K, V>(map: ReadonlyMap<K, V>, key: K): V {
  const value = map.get(key);
  if (value === undefined) throw new Error("a message of the batch was left out");
  return value;
}
