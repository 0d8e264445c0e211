import { type EntityManager, type InferEntity, LockMode } from "@mikro-orm/postgresql";
import { sql } from "../../platform/database/open-transaction.ts";
import type { Accounts } from "../application/ports.ts";
import type { Account } from "../domain/account.ts";
import { AccountRow } from "./postgres-schema.ts";

type Row = InferEntity<typeof AccountRow>;

/** Planned once by each connection: every registration ends with it. */
const insert = `insert into auth.accounts (user_id, email, status, user_version, password_hash, credential_version, roles,
    email_verified, locale, create_time, update_time)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
  on conflict (user_id) do nothing returning user_id`;

const lockMode = LockMode.PESSIMISTIC_WRITE;

export function accountsOf(em: EntityManager): Accounts {
  return {
    async find(userId) {
      const row = await em.findOne(AccountRow, { userId }, { lockMode });
      return row === null ? null : toAccount(row);
    },
    async findByEmail(email) {
      const row = await em.findOne(AccountRow, { email }, { lockMode, orderBy: { updateTime: "desc" } });
      return row === null ? null : toAccount(row);
    },
    async add(account) {
      const inserted = await sql(em, insert, toValues(account));
      return inserted.length === 1;
    },
    async save(account) {
      const { userId, ...changes } = toRow(account);
      await em.nativeUpdate(AccountRow, { userId }, changes);
    },
  };
}

const toRow = (account: Account) => ({ ...account, roles: [...account.roles] });

/** In the order of the parameters of `insert`. */
const toValues = (account: Account): unknown[] => [
  account.userId,
  account.email,
  account.status,
  account.userVersion,
  account.passwordHash,
  account.credentialVersion,
  account.roles,
  account.emailVerified,
  account.locale,
  account.createTime,
  account.updateTime,
];

const toAccount = (row: Row): Account => ({
  userId: row.userId,
  email: row.email,
  status: row.status,
  userVersion: row.userVersion,
  passwordHash: row.passwordHash ?? null,
  credentialVersion: row.credentialVersion,
  roles: row.roles,
  emailVerified: row.emailVerified,
  locale: row.locale,
  createTime: row.createTime,
  updateTime: row.updateTime,
});
