import { DomainError } from "../../platform/errors.ts";
import {
  created,
  isDecided,
  isRejectionReason,
  type PendingCreation,
  pending,
  type RejectionReason,
} from "../domain/creation.ts";
import { userCreated } from "../domain/events.ts";
import { newUser, parseEmail, parseName, type User, type UserId } from "../domain/user.ts";
import { type CreationAnswer, recordedDecision, reject } from "./creation-answers.ts";
import type { Clock, Transaction, UnitOfWork } from "./ports.ts";

/** The intention to create a user, whoever has it: auth's registration, an administrator, an import. */
export interface CreateUserCommand {
  readonly creationId: string;
  readonly userId: string;
  readonly name: string;
  readonly email: string;
}

export type CreateUser = (command: CreateUserCommand, messageId: string) => Promise<void>;

/**
 * Always answers: the requester learns of a rejection from an event, not from a dead letter. A command that is sent
 * again, because its answer was lost, gets the same answer again; a message that is delivered again gets none.
 */
export function createCreateUser({ uow, clock }: { uow: UnitOfWork; clock: Clock }): CreateUser {
  return (command, messageId) =>
    uow.runOnce(messageId, async (tx) => {
      const now = clock.now();
      const creation = await tx.creations.claim(pending(command.creationId, command.userId as UserId));
      const answer = isDecided(creation)
        ? await recordedDecision(tx, creation, now)
        : await decide(tx, creation, command, now);
      await tx.messages.publish(answer);
    });
}

async function decide(
  tx: Transaction,
  creation: PendingCreation,
  command: CreateUserCommand,
  now: Date,
): Promise<CreationAnswer> {
  const user = draftUser(creation, command, now);
  if (typeof user === "string") return reject(tx, creation, user, now);
  const outcome = await tx.users.add(user);
  if (outcome !== "ADDED") return reject(tx, creation, outcome, now);
  const decision = created(creation);
  await tx.creations.decide(decision);
  return userCreated(user, decision);
}

/** The user as the command wants them, or why there can be none. */
export function draftUser(
  { userId }: PendingCreation,
  { name, email }: CreateUserCommand,
  now: Date,
): User | RejectionReason {
  try {
    return newUser(userId, parseName(name), parseEmail(email), now);
  } catch (error) {
    if (error instanceof DomainError && isRejectionReason(error.reason)) return error.reason;
    throw error;
  }
}
