import { type Account, type Role, withoutRole, withRole } from "../domain/account.ts";
import { parseEmail } from "../domain/email.ts";
import { accountNotFound } from "../domain/errors.ts";
import type { AccountReader, Clock, UnitOfWork } from "./ports.ts";

/** The account after the change. @throws DomainError INVALID_EMAIL, ACCOUNT_NOT_FOUND. */
export type ChangeRole = (email: string, role: Role) => Promise<Account>;

interface ChangeRoleDeps {
  readonly uow: UnitOfWork;
  readonly accounts: AccountReader;
  readonly clock: Clock;
}

/** Takes effect with the next access token of each session. Granting what is there already changes nothing. */
export const createGrantRole = (deps: ChangeRoleDeps): ChangeRole => changeRole(deps, withRole, "role_granted");

export const createRevokeRole = (deps: ChangeRoleDeps): ChangeRole => changeRole(deps, withoutRole, "role_revoked");

function changeRole(deps: ChangeRoleDeps, change: typeof withRole, event: "role_granted" | "role_revoked"): ChangeRole {
  return async (email, role) => {
    const seen = await deps.accounts.findByEmail(parseEmail(email));
    if (seen === null) throw accountNotFound();
    return deps.uow.run(async ({ accounts, audit }) => {
      const known = await accounts.find(seen.userId);
      if (known === null) throw accountNotFound();
      const account = change(known, role, deps.clock.now());
      if (account === known) return account;
      await accounts.save(account);
      await audit({ event, userId: account.userId, by: "operator", role });
      return account;
    });
  };
}
