import { registrationNotFound } from "../domain/errors.ts";
import { isFinished, type Registration } from "../domain/registration.ts";
import { answerDeadline, compensating } from "../domain/saga.ts";
import type { Clock, UnitOfWork } from "./ports.ts";
import { pendingCommand } from "./sweep-registrations.ts";

export interface CancelledRegistration {
  readonly registration: Registration;
  readonly outcome: "CANCELLING" | "ALREADY_CANCELLING" | "FINISHED";
}

/** @throws DomainError REGISTRATION_NOT_FOUND. */
export type CancelRegistration = (registrationId: string) => Promise<CancelledRegistration>;

/**
 * Gives a registration up before its time. users-service decides, once per creation: the user is not created any more and
 * the registration ends as FAILED; or it was created before, and the registration ends as COMPLETED. Asked until answered.
 */
export function createCancelRegistration(deps: {
  uow: UnitOfWork;
  clock: Clock;
  answerScheduleMs: readonly number[];
}): CancelRegistration {
  return (registrationId) =>
    deps.uow.run(async ({ registrations, messages }) => {
      const registration = await registrations.find(registrationId);
      if (registration === null) throw registrationNotFound();
      if (isFinished(registration)) return { registration, outcome: "FINISHED" };
      if (registration.state === "COMPENSATING") return { registration, outcome: "ALREADY_CANCELLING" };
      const now = deps.clock.now();
      const cancelling = compensating(registration, now, answerDeadline(deps.answerScheduleMs, 1, now));
      await messages.send(pendingCommand(cancelling));
      await registrations.save(cancelling);
      return { registration: cancelling, outcome: "CANCELLING" };
    });
}
