import type { AuthMessage } from "../domain/messages.ts";
import {
  answerDeadline,
  compensating,
  failed,
  isProofMailed,
  type Registration,
  sentAgain,
} from "../domain/registration.ts";
import { createUser } from "./advance-registration.ts";
import type { Clock, UnitOfWork } from "./ports.ts";

/** How many registrations were taken up; the limit was reached when it equals `limit`. */
export type SweepRegistrations = (limit: number) => Promise<number>;

/**
 * Sends again what was not answered in time: a command or its answer may be lost with a broker's disk, acknowledged work
 * may not. A proof that did not come in time ends the registration. What users-service could not be asked for `giveUpAfterMs` is cancelled, and that too is asked until answered.
 */
export function createSweepRegistrations(deps: {
  uow: UnitOfWork;
  clock: Clock;
  answerScheduleMs: readonly number[];
  giveUpAfterMs: number;
}): SweepRegistrations {
  return (limit) =>
    deps.uow.run(async ({ registrations, messages }) => {
      const now = deps.clock.now();
      const due = await registrations.findDue(now, limit);
      for (const registration of due) {
        if (isProofMailed(registration)) {
          await registrations.save(failed(registration, "PROOF_EXPIRED", now));
          continue;
        }
        const deadline = answerDeadline(deps.answerScheduleMs, registration.sends + 1, now);
        if (await messages.isWaiting(registration.id)) {
          await registrations.save({ ...registration, nextSendTime: deadline });
          continue;
        }
        const next = givesUp(registration, now)
          ? compensating(registration, now, answerDeadline(deps.answerScheduleMs, 1, now))
          : sentAgain(registration, now, deadline);
        await messages.send(pendingCommand(next));
        await registrations.save(next);
      }
      return due.length;
    });

  function givesUp(registration: Registration, now: Date): boolean {
    const age = now.getTime() - registration.createTime.getTime();
    return registration.state === "CREATING" && age > deps.giveUpAfterMs;
  }
}

/** What an unfinished registration waits to be answered. */
export function pendingCommand(registration: Registration): AuthMessage {
  switch (registration.state) {
    case "ACCEPTED":
    case "AWAITING_PROOF":
      return { type: "register-user", registrationId: registration.id };
    case "COMPENSATING":
      return { type: "cancel-user-creation", creationId: registration.id, userId: registration.userId };
    default:
      return createUser(registration);
  }
}
