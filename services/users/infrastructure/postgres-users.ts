import {
  type EntityManager,
  type InferEntity,
  LockMode,
  UniqueConstraintViolationException,
} from "@mikro-orm/postgresql";
import { postSql, sql } from "../../platform/database/open-transaction.ts";
import type { AddOutcome, Users } from "../application/ports.ts";
import type { User, UserId } from "../domain/user.ts";
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
    async addAll(users) {
      const inserted = await sql<Pick<User, "id" | "email">>(em, insertInOrder, [
        users.map(({ id }) => id),
        users.map(({ email }) => email),
        users.map(({ name }) => name),
        users.map(({ status }) => status),
        users.map(({ version }) => version),
        users.map(({ createTime }) => createTime),
        users.map(({ updateTime }) => updateTime),
      ]);
      const added = new Set(inserted.map(addressee));
      const known = new Set<UserId>();
      if (inserted.length < users.length) {
        const existing = await sql<{ id: UserId }>(em, "select id from users.users where id = any($1::uuid[])", [
          users.map(({ id }) => id),
        ]);
        for (const { id } of existing) known.add(id);
        for (const { id } of inserted) known.delete(id);
      }
      return new Map(
        users.map((user): [User, AddOutcome] => {
          if (!added.delete(addressee(user))) return [user, known.has(user.id) ? "USER_ID_TAKEN" : "EMAIL_TAKEN"];
          known.add(user.id);
          return [user, "ADDED"];
        }),
      );
    },
    async findAll(ids) {
      const rows = await em.find(
        UserRow,
        { id: { $in: [...ids] } },
        { lockMode: LockMode.PESSIMISTIC_WRITE, orderBy: { id: "asc" } },
      );
      return rows.map(toUser);
    },
    /**
     * Who asks first waits for nobody: two who want each other's address would wait in a circle. The index judges those who
     * come at the same time, and the savepoint keeps the transaction alive then: there is no ON CONFLICT for an update.
     */
    async saveEmail({ id, ...changes }) {
      if ((await em.count(UserRow, { email: changes.email, id: { $ne: id } })) > 0) return "EMAIL_TAKEN";
      postSql(em, "savepoint save_email");
      try {
        await em.nativeUpdate(UserRow, { id }, changes);
      } catch (error) {
        if (!(error instanceof UniqueConstraintViolationException)) throw error;
        postSql(em, "rollback to savepoint save_email");
        return "EMAIL_TAKEN";
      }
      postSql(em, "release savepoint save_email");
      return "SAVED";
    },
    async save({ id, ...changes }) {
      await em.nativeUpdate(UserRow, { id }, changes);
    },
  };
}

/** One row after the other: a row that conflicts with one before it is skipped like any other that conflicts. */
const insertInOrder = `
  insert into users.users (id, email, name, status, version, create_time, update_time)
  select id, email, name, status, version, create_time, update_time
  from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::timestamptz[], $7::timestamptz[])
    with ordinality as given (id, email, name, status, version, create_time, update_time, position)
  order by position
  on conflict do nothing
  returning id, email`;

const addressee = ({ id, email }: Pick<User, "id" | "email">): string => `${id} ${email}`;

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
