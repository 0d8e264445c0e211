import { type EntityManager, type InferEntity, LockMode } from "@mikro-orm/postgresql";
import type { Users } from "../application/ports.ts";
import type { User } from "../domain/user.ts";
import { UserRow } from "./postgres-schema.ts";

export function usersOf(em: EntityManager): Users {
  return {
    /** ON CONFLICT rather than a caught violation, which would abort the transaction and lose the reply. */
    async add(user) {
      const inserted = await em
        .createQueryBuilder(UserRow)
        .insert(user)
        .onConflict()
        .ignore()
        .returning("id")
        .execute<unknown[]>("all");
      if (inserted.length === 1) return "ADDED";
      return (await em.count(UserRow, { id: user.id })) > 0 ? "USER_ID_TAKEN" : "EMAIL_TAKEN";
    },
    async find(id) {
      const row = await em.findOne(UserRow, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      return row === null ? null : toUser(row);
    },
    async save({ id, ...changes }) {
      await em.nativeUpdate(UserRow, { id }, changes);
    },
  };
}

/** A plain record: nothing that the ORM tracks leaves this file. */
const toUser = (row: InferEntity<typeof UserRow>): User => ({
  id: row.id,
  email: row.email,
  name: row.name,
  status: row.status,
  version: row.version,
  createTime: row.createTime,
  updateTime: row.updateTime,
});
