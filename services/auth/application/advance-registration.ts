import { registrationNotFound } from "../domain/errors.ts";
import type { AuthMessage } from "../domain/messages.ts";
import { creating, isProofMailed, type Registration } from "../domain/registration.ts";
import { answerDeadline } from "../domain/saga.ts";
import type { MailRegistrationProof } from "./mail-registration-proof.ts";
import type { Clock, UnitOfWork } from "./ports.ts";

export type AdvanceRegistration = (registrationId: string, messageId: string) => Promise<void>;

/** Takes a registration to its next step: asks the person for a proof of the address, or users-service for the user. */
export function createAdvanceRegistration(deps: {
  uow: UnitOfWork;
  clock: Clock;
  answerScheduleMs: readonly number[];
  mailRegistrationProof: MailRegistrationProof;
}): AdvanceRegistration {
  return (registrationId, messageId) =>
    deps.uow.runOnce(messageId, async (tx) => {
      const { registrations, messages } = tx;
      const registration = await registrations.find(registrationId);
      if (registration === null) throw registrationNotFound();
      const { state, applicant } = registration;
      if (state === "AWAITING_PROOF" && applicant !== null && !isProofMailed(registration)) {
        return deps.mailRegistrationProof(tx, registration, applicant);
      }
      if (state !== "ACCEPTED") return;
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
