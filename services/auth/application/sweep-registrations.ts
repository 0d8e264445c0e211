import type { AuthMessage } from "../domain/messages.ts";
import { failed, isProofMailed, type Registration } from "../domain/registration.ts";
import { createUser } from "./advance-registration.ts";
import { createSweepSagas, type SweepDeps, type SweepSagas } from "./sweep-sagas.ts";

/** A proof that did not come in time ends the registration, too. */
export const createSweepRegistrations = (deps: SweepDeps): SweepSagas =>
  createSweepSagas<Registration>(deps, {
    kept: ({ registrations }) => registrations,
    askingState: "CREATING",
    pendingCommand,
    expired: (registration, now) => (isProofMailed(registration) ? failed(registration, "PROOF_EXPIRED", now) : null),
  });

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
