import { isDecided, pending } from "../domain/creation.ts";
import type { UserId } from "../domain/user.ts";
import { recordedDecision, reject } from "./creation-answers.ts";
import type { Clock, UnitOfWork } from "./ports.ts";

/** The requester does not want the user any more. */
export interface CancelUserCreationCommand {
  readonly creationId: string;
  readonly userId: string;
}

export type CancelUserCreation = (command: CancelUserCreationCommand, messageId: string) => Promise<void>;

/** Always answers. It decides a creation that nobody has decided, known or not; what was decided before it stands. */
export function createCancelUserCreation({ uow, clock }: { uow: UnitOfWork; clock: Clock }): CancelUserCreation {
  return ({ creationId, userId }, messageId) =>
    uow.runOnce(messageId, async (tx) => {
      const now = clock.now();
      const creation = await tx.creations.claim(pending(creationId, userId as UserId));
      const answer = isDecided(creation)
        ? await recordedDecision(tx, creation, now)
        : await reject(tx, creation, "CANCELLED", now);
      await tx.messages.publish(answer);
    });
}
