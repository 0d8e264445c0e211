import { type Creation, pending, rejectionError } from "../domain/creation.ts";
import { type AnswerSchedule, requested } from "../domain/creation-request.ts";
import { parseEmail, parseName, type UserId } from "../domain/user.ts";
import type { Clock, Decisions, Ids, UnitOfWork, WaitLimit } from "./ports.ts";

/** An administrator's wish for a user. */
export interface RequestUserCreationCommand {
  readonly name: string;
  readonly email: string;
  /** How long to wait for the decision. Null: do not wait. */
  readonly wait: WaitLimit | null;
}

/**
 * Asks for a user with the command that registrations send too, so that there is one place where users are created.
 * @returns the creation, PENDING unless it was decided while waiting.
 * @throws the rejection's error when it was rejected while waiting; INVALID_EMAIL and INVALID_NAME at once.
 */
export type RequestUserCreation = (command: RequestUserCreationCommand) => Promise<Creation>;

export function createRequestUserCreation(deps: {
  uow: UnitOfWork;
  ids: Ids;
  clock: Clock;
  answerSchedule: AnswerSchedule;
  decisions: Decisions;
}): RequestUserCreation {
  return async ({ wait, ...wish }) => {
    const name = parseName(wish.name);
    const email = parseEmail(wish.email);
    const creation = pending(deps.ids.next(), deps.ids.next() as UserId);
    await deps.uow.run(async ({ creations, messages }) => {
      await creations.addRequest(requested(creation, { name, email }, deps.answerSchedule, deps.clock.now()));
      await messages.request({ creationId: creation.id, userId: creation.userId, name, email });
    });
    if (wait === null) return creation;
    const decision = await deps.decisions.waitFor(creation.id, wait);
    if (decision?.state === "REJECTED") throw rejectionError(decision.reason);
    return decision ?? creation;
  };
}
