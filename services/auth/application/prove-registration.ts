import { invalidProof } from "../domain/errors.ts";
import { proven } from "../domain/registration.ts";
import { answerDeadline } from "../domain/saga.ts";
import type { Clock, UnitOfWork } from "./ports.ts";

/** @throws DomainError INVALID_PROOF when the registration does not await its proof, or not any more. */
export type ProveRegistration = (registrationId: string) => Promise<void>;

/** From here on the registration goes the way of every other one. Of several for one address, users-service takes one. */
export function createProveRegistration(deps: {
  uow: UnitOfWork;
  clock: Clock;
  answerScheduleMs: readonly number[];
}): ProveRegistration {
  return (registrationId) =>
    deps.uow.run(async ({ registrations, messages }) => {
      const now = deps.clock.now();
      const registration = await registrations.find(registrationId);
      if (registration?.state !== "AWAITING_PROOF") throw invalidProof();
      if (registration.nextSendTime === null || registration.nextSendTime <= now) throw invalidProof();
      await registrations.save(proven(registration, now, answerDeadline(deps.answerScheduleMs, 1, now)));
      await messages.send({ type: "register-user", registrationId });
    });
}
