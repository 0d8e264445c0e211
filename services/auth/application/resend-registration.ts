import { registrationNotFound } from "../domain/errors.ts";
import { isFinished, type Registration } from "../domain/registration.ts";
import { answerDeadline, sentAgain } from "../domain/saga.ts";
import type { Clock, UnitOfWork } from "./ports.ts";
import { pendingCommand } from "./sweep-registrations.ts";

export interface ResentRegistration {
  readonly registration: Registration;
  /** ALREADY_WAITING: its message is still on its way, and another would say the same. */
  readonly outcome: "SENT" | "ALREADY_WAITING" | "FINISHED";
}

/** @throws DomainError REGISTRATION_NOT_FOUND. */
export type ResendRegistration = (registrationId: string) => Promise<ResentRegistration>;

/** An operator's impatience: sends the pending command now, rather than when the answer is overdue. */
export function createResendRegistration(deps: {
  uow: UnitOfWork;
  clock: Clock;
  answerScheduleMs: readonly number[];
}): ResendRegistration {
  return (registrationId) =>
    deps.uow.run(async ({ registrations, messages }) => {
      const registration = await registrations.find(registrationId);
      if (registration === null) throw registrationNotFound();
      if (isFinished(registration)) return { registration, outcome: "FINISHED" };
      const unsent = await messages.findUnsent([registrationId]);
      if (unsent.has(registrationId)) return { registration, outcome: "ALREADY_WAITING" };
      const now = deps.clock.now();
      const sent = sentAgain(registration, now, answerDeadline(deps.answerScheduleMs, registration.sends + 1, now));
      await messages.send(pendingCommand(sent));
      await registrations.save(sent);
      return { registration: sent, outcome: "SENT" };
    });
}
