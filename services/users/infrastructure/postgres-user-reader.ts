import { createBatchedStatement } from "../../platform/database/batched-statement.ts";
import { preparedQuery } from "../../platform/database/database.ts";
import type { StatementRunner } from "../../platform/database/read-pipeline.ts";
import type { UserReader } from "../application/ports.ts";
import type { User } from "../domain/user.ts";
import { type CreationColumns, toCreation } from "./postgres-creations.ts";

const userColumns = `id, email, name, status, version::float8, create_time as "createTime", update_time as "updateTime"`;
const creationColumns = `creation_id as "creationId", user_id as "userId", outcome, reason`;

/** Times arrive as text: the pool leaves them unparsed, for the ORM. */
type UserColumns = Omit<User, "createTime" | "updateTime"> & {
  readonly createTime: string;
  readonly updateTime: string;
};

const firstId = "00000000-0000-0000-0000-000000000000";

/** Plain prepared statements: a read needs no aggregate and no unit of work. */
export function createPostgresUserReader(db: StatementRunner): UserReader {
  const users = (name: string, rest: string) =>
    preparedQuery<UserColumns>(db, name, `select ${userColumns} from users.users ${rest}`);
  const usersById = users("users_by_id", "where id = any($1::uuid[])");
  const usersPage = users("users_page", "where id > $1 order by id limit $2");
  const creationsById = preparedQuery<CreationColumns>(
    db,
    "creations_by_id",
    `select ${creationColumns} from users.creations where creation_id = any($1::uuid[])`,
  );

  const findMany = async (ids: readonly string[]) => (await usersById([ids])).map(toUser);
  const findOne = createBatchedStatement((asked: readonly { readonly id: string }[]) =>
    findMany(asked.map(({ id }) => id)),
  );
  const findCreations = async (ids: readonly string[]) => (await creationsById([ids])).map(toCreation);
  return {
    findMany,
    findCreations,
    // As the database spells ids.
    find: (id) => findOne({ id: id.toLowerCase() }),
    findCreation: async (id) => (await findCreations([id])).at(0) ?? null,
    list: async ({ after, limit }) => (await usersPage([after ?? firstId, limit])).map(toUser),
  };
}

const toUser = (row: UserColumns): User => ({
  ...row,
  createTime: new Date(row.createTime),
  updateTime: new Date(row.updateTime),
});
