import { type DecidedCreation, type PendingCreation, type RejectionReason, rejected } from "../domain/creation.ts";
import { type UserCreated, type UserCreationRejected, userCreated, userCreationRejected } from "../domain/events.ts";
import type { User } from "../domain/user.ts";
import type { Transaction } from "./ports.ts";

/** What the requester of a creation hears, every time it asks. */
export type CreationAnswer = UserCreated | UserCreationRejected;

/** Decides against a creation. */
export async function reject(
  { creations }: Transaction,
  creation: PendingCreation,
  reason: RejectionReason,
  now: Date,
): Promise<CreationAnswer> {
  const decision = rejected(creation, reason);
  await creations.decide(decision);
  return userCreationRejected(decision, now);
}

/** The decision as it was made, told of the user as they are now. */
export async function recordedDecision(
  { users }: Transaction,
  creation: DecidedCreation,
  now: Date,
): Promise<CreationAnswer> {
  const user = creation.state === "CREATED" ? await users.find(creation.userId) : null;
  return answerOf(creation, user ?? undefined, now);
}

/** `user` is the one who was created; one who was not is nobody's business. */
export function answerOf(creation: DecidedCreation, user: User | undefined, now: Date): CreationAnswer {
  if (creation.state === "REJECTED") return userCreationRejected(creation, now);
  if (user === undefined) throw new Error(`creation ${creation.id} is CREATED, but its user is missing`);
  return userCreated(user, creation);
}
