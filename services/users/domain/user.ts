import { etagMismatch, invalidEmail, invalidName, userDeleted, userNotFound, userSuspended } from "./errors.ts";

export type UserId = string & { readonly __brand: "UserId" };
export type Email = string & { readonly __brand: "Email" };
export type Name = string & { readonly __brand: "Name" };
export type UserStatus = "ACTIVE" | "SUSPENDED" | "DELETED";

/** A person. An immutable record: a change is a new record with the next version, no change is the same record. */
export interface User {
  readonly id: UserId;
  readonly email: Email;
  readonly name: Name;
  readonly status: UserStatus;
  /** 1 for a new user, one more with every change. */
  readonly version: number;
  readonly createTime: Date;
  readonly updateTime: Date;
}

/** A UUID of any version. @throws USER_NOT_FOUND: an id of another form is nobody's. */
export function parseUserId(raw: string): UserId {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(raw)) throw userNotFound();
  return raw.toLowerCase() as UserId;
}

/** Trims and lower-cases, so that uniqueness can be decided by the database. */
export function parseEmail(raw: string): Email {
  const email = raw.trim().toLowerCase();
  if (!email.isWellFormed() || email.length > 254 || !/^[^\s@\p{Cc}]+@[^\s@\p{Cc}]+$/u.test(email))
    throw invalidEmail();
  return email as Email;
}

/** Trims and composes (NFC). 1 to 200 characters, counted as code points, no control characters. */
export function parseName(raw: string): Name {
  const name = raw.trim().normalize("NFC");
  const { length } = [...name];
  if (!name.isWellFormed() || length === 0 || length > 200 || /\p{Cc}/u.test(name)) throw invalidName();
  return name as Name;
}

export function newUser(id: UserId, name: Name, email: Email, now: Date): User {
  return { id, email, name, status: "ACTIVE", version: 1, createTime: now, updateTime: now };
}

export const rename = (user: User, name: Name, now: Date): User => change(user, { name }, now);

export const suspend = (user: User, now: Date): User => change(user, { status: "SUSPENDED" }, now);

export const reactivate = (user: User, now: Date): User => change(user, { status: "ACTIVE" }, now);

/** @throws USER_SUSPENDED: who may not come in may not move either. */
export function changeEmail(user: User, email: Email, now: Date): User {
  if (user.status === "SUSPENDED") throw userSuspended();
  return change(user, { email }, now);
}

/** For good: a deleted user is never changed again. The address stays taken. */
export function remove(user: User, now: Date): User {
  return user.status === "DELETED" ? user : change(user, { status: "DELETED" }, now);
}

function change(user: User, to: Partial<Pick<User, "name" | "email" | "status">>, now: Date): User {
  if (user.status === "DELETED") throw userDeleted();
  const { name = user.name, email = user.email, status = user.status } = to;
  if (name === user.name && email === user.email && status === user.status) return user;
  return { ...user, name, email, status, version: user.version + 1, updateTime: now };
}

/** Stands for one version of a user. Opaque to callers: they only send it back. */
export const etagOf = (user: User): string => `v${user.version}`;

/** @throws ETAG_MISMATCH unless `etag` is null, which means whatever version there is, or the user's present one. */
export function requireVersion(user: User, etag: string | null): void {
  if (etag !== null && etag !== etagOf(user)) throw etagMismatch();
}

/** An order that all agree on. By code units, which every process compares alike. */
export const byAddress = (a: User, b: User): number => (a.email < b.email ? -1 : Number(a.email > b.email));
