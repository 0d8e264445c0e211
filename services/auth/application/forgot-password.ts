import { parseEmail } from "../domain/email.ts";
import type { Guard } from "./credential-ports.ts";
import type { UnitOfWork } from "./ports.ts";

export interface ForgotPasswordCommand {
  readonly email: string;
  readonly ipAddress: string;
}

/** @throws DomainError INVALID_EMAIL, THROTTLED. */
export type ForgotPassword = (command: ForgotPasswordCommand) => Promise<void>;

/** Only keeps the request. Whose address it is, if anybody's, is looked up elsewhere, so that no answer and no time tells. */
export function createForgotPassword(deps: { uow: UnitOfWork; guard: Guard }): ForgotPassword {
  return async (command) => {
    const email = parseEmail(command.email);
    await deps.guard.mail(email, command.ipAddress);
    await deps.uow.run(({ messages }) => messages.send({ type: "send-password-reset", email }));
  };
}
