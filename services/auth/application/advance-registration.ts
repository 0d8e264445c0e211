import { registrationNotFound } from "../domain/errors.ts";
import type { AuthMessage } from "../domain/messages.ts";
import { answerDeadline, creating, type Registration } from "../domain/registration.ts";
import type { Clock, UnitOfWork } from "./ports.ts";

export type AdvanceRegistration = (registrationId: string, messageId: string) => Promise<void>;

/** Takes an accepted registration to its next step: asks users-service for the user. */
export function createAdvanceRegistration(deps: {
  uow: UnitOfWork;
  clock: Clock;
  answerScheduleMs: readonly number[];
}): AdvanceRegistration {
  return (registrationId, messageId) =>
    deps.uow.runOnce(messageId, async ({ registrations, messages }) => {
      const registration = await registrations.find(registrationId);
      if (registration === null) throw registrationNotFound();
      if (registration.state !== "ACCEPTED") return;
      const now = deps.clock.now();
      await messages.send(createUser(registration));
      await registrations.save(creating(registration, now, answerDeadline(deps.answerScheduleMs, 1, now)));
    });
}

/** The command that a registration is worth while its applicant is known. */
export function createUser(registration: Registration): AuthMessage {
  const { id, userId, applicant } = registration;
  if (applicant === null) throw new Error("a finished registration asks for nothing");
  return { type: "create-user", creationId: id, userId, name: applicant.name, email: applicant.email };
}
