import { preparedQuery } from "../../platform/database/database.ts";
import type { StatementRunner } from "../../platform/database/read-pipeline.ts";
import type { AccountReader, RegistrationProgress, RegistrationReader } from "../application/ports.ts";
import type { Account } from "../domain/account.ts";
import type { Registration } from "../domain/registration.ts";
import { type RegistrationColumns, registrationColumns, toRegistration } from "./postgres-registrations.ts";

type Times<T, K extends keyof T> = Omit<T, K> & { readonly [key in K]: string };

export function createRegistrationReader(db: StatementRunner): RegistrationReader {
  const byId = preparedQuery<RegistrationColumns>(
    db,
    "registration_by_id",
    `select ${registrationColumns} from auth.registrations where id = $1`,
  );
  const byKey = preparedQuery<RegistrationColumns>(
    db,
    "registration_by_key",
    `select ${registrationColumns} from auth.registrations where idempotency_key = $1 and create_time >= $2`,
  );
  const one = (rows: RegistrationColumns[]): Registration | null => {
    const [row] = rows;
    return row === undefined ? null : toRegistration(row);
  };
  return {
    find: async (id) => one(await byId([id])),
    findByIdempotencyKey: async (key, since) => one(await byKey([key, since])),
  };
}

/** The present progress of many registrations at once, for those who wait. */
export function createProgressLoader(db: StatementRunner) {
  const byIds = preparedQuery<Times<RegistrationProgress, "createTime">>(
    db,
    "registration_progress",
    `select id, user_id as "userId", state, reason, create_time as "createTime"
     from auth.registrations where id = any($1::uuid[])`,
  );
  return async (ids: readonly string[]): Promise<ReadonlyMap<string, RegistrationProgress>> => {
    const rows = await byIds([ids]);
    return new Map(rows.map((row) => [row.id, { ...row, createTime: new Date(row.createTime) }]));
  };
}

const accountColumns = `user_id as "userId", email, status, user_version::float8 as "userVersion",
  password_hash as "passwordHash", credential_version as "credentialVersion", roles, email_verified as "emailVerified",
  locale, create_time as "createTime", update_time as "updateTime"`;

type AccountResult = Times<Account, "createTime" | "updateTime">;

export function createAccountReader(db: StatementRunner): AccountReader {
  const byId = preparedQuery<AccountResult>(
    db,
    "account_by_id",
    `select ${accountColumns} from auth.accounts where user_id = $1`,
  );
  const byEmail = preparedQuery<AccountResult>(
    db,
    "account_by_email",
    `select ${accountColumns} from auth.accounts where email = $1
     order by (status = 'ACTIVE' and password_hash is not null) desc, user_version desc limit 1`,
  );
  const one = ([row]: AccountResult[]): Account | null =>
    row === undefined ? null : { ...row, createTime: new Date(row.createTime), updateTime: new Date(row.updateTime) };
  return {
    find: async (userId) => one(await byId([userId])),
    findByEmail: async (email) => one(await byEmail([email])),
  };
}
