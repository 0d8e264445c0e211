import type { Email } from "./email.ts";
import type { Locale } from "./locale.ts";

/** What users-service says of a person. */
export type UserStatus = "ACTIVE" | "SUSPENDED" | "DELETED";

export type Role = "user" | "admin";
export const roles: readonly Role[] = ["user", "admin"];

/** Somebody who may come in, or who may not any more. An immutable record: a change is a new record. */
export interface Account {
  readonly userId: string;
  readonly email: Email;
  readonly status: UserStatus;
  /** Version of the user that email and status were taken from. */
  readonly userVersion: number;
  /** PHC string. Null while INVITED: nobody has set a password yet. */
  readonly passwordHash: string | null;
  /** Grows with every change of the password, the status or, by its owner, the address; a session is only opened for the version that was checked. */
  readonly credentialVersion: number;
  readonly roles: readonly Role[];
  readonly emailVerified: boolean;
  /** Of the mails to this person. */
  readonly locale: Locale;
  readonly createTime: Date;
  readonly updateTime: Date;
}

/** What an event of users-service tells about a person. */
export interface UserSnapshot {
  readonly userId: string;
  readonly email: Email;
  readonly status: UserStatus;
  readonly version: number;
}

/** An account without a password, as an event makes it: the person is INVITED until a registration or a link gives one. */
export function newAccount(user: UserSnapshot, now: Date): Account {
  return {
    userId: user.userId,
    email: user.email,
    status: user.status,
    userVersion: user.version,
    passwordHash: null,
    credentialVersion: 1,
    roles: ["user"],
    emailVerified: false,
    locale: "en",
    createTime: now,
    updateTime: now,
  };
}

/** The account after the news; the same record when the news is older than what it knows. */
export function project(account: Account, user: UserSnapshot, now: Date): Account {
  if (user.version <= account.userVersion) return account;
  const statusChanged = user.status !== account.status;
  return {
    ...account,
    email: user.email,
    emailVerified: account.emailVerified && user.email === account.email,
    status: user.status,
    userVersion: user.version,
    credentialVersion: account.credentialVersion + (statusChanged ? 1 : 0),
    updateTime: now,
  };
}

export function withPassword(account: Account, passwordHash: string, now: Date): Account {
  return { ...account, passwordHash, credentialVersion: account.credentialVersion + 1, updateTime: now };
}

/** Whoever used a link that was mailed to the account's address. Takes effect with the next access token. */
export function withVerifiedEmail(account: Account, now: Date): Account {
  return account.emailVerified ? account : { ...account, emailVerified: true, updateTime: now };
}

/** The owner has come to another address, which they have proven, unless the account has a still newer one by now. */
export function withChangedEmail(account: Account, email: Email, now: Date): Account {
  const known = account.email === email ? withVerifiedEmail(account, now) : account;
  return { ...known, credentialVersion: account.credentialVersion + 1, updateTime: now };
}

/** Roles take effect with the next access token. */
export function withRole(account: Account, role: Role, now: Date): Account {
  if (account.roles.includes(role)) return account;
  return { ...account, roles: [...account.roles, role], updateTime: now };
}

export function withoutRole(account: Account, role: Role, now: Date): Account {
  if (!account.roles.includes(role)) return account;
  return { ...account, roles: account.roles.filter((other) => other !== role), updateTime: now };
}

export const mayLogIn = (account: Account): boolean => account.status === "ACTIVE" && account.passwordHash !== null;
