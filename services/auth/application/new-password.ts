import type { Email } from "../domain/email.ts";
import type { PasswordHasher, PasswordPolicy } from "./credential-ports.ts";

/**
 * The hash of a password that is to replace another one; before any unit of work, for it takes its time.
 * @throws DomainError of the password policy, about the field `new_password`; OVERLOADED.
 */
export type HashNewPassword = (password: string, email: Email) => Promise<string>;

export function createHashNewPassword(deps: { policy: PasswordPolicy; hasher: PasswordHasher }): HashNewPassword {
  return async (password, email) => deps.hasher.hash(await deps.policy(password, email, "new_password"));
}
