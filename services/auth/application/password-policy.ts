import { passwordBreached, unacceptablePassword } from "../domain/errors.ts";
import type { PasswordRules } from "../domain/password-policy.ts";
import type { BreachedPasswords, PasswordPolicy } from "./credential-ports.ts";

/**
 * What the rules say of a password, and whether a breach has shown it to everybody.
 * @throws DomainError PASSWORD_TOO_LONG, PASSWORD_TOO_SHORT, PASSWORD_CONTAINS_CONTEXT, PASSWORD_TOO_COMMON,
 * PASSWORD_BREACHED: the first that applies is the reason, and all of them are violations.
 */
export function createPasswordPolicy(deps: { rules: PasswordRules; isBreached: BreachedPasswords }): PasswordPolicy {
  return async (raw, email, field) => {
    const { password, flaws } = deps.rules(raw, email);
    const isLookedUp = !flaws.some(({ reason }) => reason === "PASSWORD_TOO_LONG");
    const [first, ...others] = [
      ...flaws,
      ...(isLookedUp && (await deps.isBreached(password)) ? [passwordBreached()] : []),
    ];
    if (first !== undefined) throw unacceptablePassword([first, ...others], field);
    return password;
  };
}
