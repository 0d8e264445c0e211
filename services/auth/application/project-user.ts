import {
  type Account,
  newAccount,
  project,
  type UserSnapshot,
  type UserStatus,
  withPassword,
  withVerifiedEmail,
} from "../domain/account.ts";
import type { Applicant } from "../domain/registration.ts";
import type { RevokeReason } from "../domain/session.ts";
import type { Transaction } from "./ports.ts";

/**
 * Keeps the account as it is after the news, with the password of a registration that the news completes. Sessions end
 * when the news is that the person may not come in; a mailed link, then and when the address is another one.
 * @param actor id of the user who did it, where that is told
 */
export async function projectUser(
  tx: Transaction,
  user: UserSnapshot,
  now: Date,
  applicant: Applicant | null,
  actor: string | null = null,
): Promise<Account> {
  const auditStatus = async (before: UserStatus, { userId, status }: Account): Promise<void> => {
    if (status !== before) await tx.audit({ event: statusEvents[status], userId, by: actor });
  };
  const complete = (account: Account): Account => {
    if (applicant === null) return account;
    const registered = { ...withPassword(account, applicant.passwordHash, now), locale: applicant.locale };
    return applicant.emailVerified ? withVerifiedEmail(registered, now) : registered;
  };
  const added = complete(newAccount(user, now));
  if (await tx.accounts.add(added)) {
    await auditStatus("ACTIVE", added);
    return added;
  }
  const known = await tx.accounts.find(user.userId);
  if (known === null) throw new Error("an account that exists cannot be found");
  const account = complete(project(known, user, now));
  if (account === known) return known;
  await tx.accounts.save(account);
  await auditStatus(known.status, account);
  if (account.status !== "ACTIVE" && account.status !== known.status) {
    await tx.sessions.revokeAll(account.userId, revokeReasons[account.status], now);
  }
  if (account.credentialVersion !== known.credentialVersion || account.email !== known.email) {
    await tx.proofs.revoke(account.userId);
  }
  return account;
}

const statusEvents = {
  ACTIVE: "user_reactivated",
  SUSPENDED: "user_suspended",
  DELETED: "user_deleted",
} as const satisfies Record<UserStatus, string>;

const revokeReasons: Record<"SUSPENDED" | "DELETED", RevokeReason> = {
  SUSPENDED: "USER_SUSPENDED",
  DELETED: "USER_DELETED",
};
