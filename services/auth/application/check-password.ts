import type { Account } from "../domain/account.ts";
import { normalizePassword } from "../domain/password-policy.ts";
import type { Guard, PasswordHasher } from "./credential-ports.ts";

/**
 * Whether somebody who is logged in knows the account's password, too; before any unit of work, for it takes its time.
 * @throws DomainError THROTTLED, OVERLOADED.
 */
export type CheckPassword = (account: Account, password: string, ipAddress: string) => Promise<boolean>;

export function createCheckPassword(deps: { guard: Guard; hasher: PasswordHasher }): CheckPassword {
  return async ({ userId, email, passwordHash }, password, ipAddress) => {
    const matches = await deps.guard.password({ userId, email, ipAddress }, async () =>
      (await deps.hasher.verify(passwordHash, normalizePassword(password))) ? true : null,
    );
    return matches === true;
  };
}
