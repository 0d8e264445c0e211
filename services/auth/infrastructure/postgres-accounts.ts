import { type EntityManager, type InferEntity, LockMode } from "@mikro-orm/postgresql";
import type { Accounts } from "../application/ports.ts";
import type { Account } from "../domain/account.ts";
import { AccountRow } from "./postgres-schema.ts";

type Row = InferEntity<typeof AccountRow>;

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
      const inserted = await em
        .createQueryBuilder(AccountRow)
        .insert(toRow(account))
        .onConflict("userId")
        .ignore()
        .returning("userId")
        .execute<unknown[]>("all");
      return inserted.length === 1;
    },
    async save(account) {
      const { userId, ...changes } = toRow(account);
      await em.nativeUpdate(AccountRow, { userId }, changes);
    },
  };
}

const toRow = (account: Account) => ({ ...account, roles: [...account.roles] });

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
