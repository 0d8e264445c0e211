import type { Pool } from "pg";
import { preparedQuery } from "../../platform/database/database.ts";
import type { StatementRunner } from "../../platform/database/read-pipeline.ts";
import type { RefreshableSession, SessionRotation } from "../application/credential-ports.ts";

type Row = Omit<RefreshableSession, "rotateTime"> & { readonly rotateTime: string };

/** $1 id, $2 now, $3 the earliest last use that still counts. */
const refreshable = `s.id = $1 and s.revoke_time is null and s.expire_time > $2 and s.last_used_time > $3
  and a.user_id = s.user_id and a.status = 'ACTIVE'`;
const columns = `s.id, s.user_id as "userId", s.salt, s.counter, s.rotate_time as "rotateTime", a.roles,
  a.email_verified as "emailVerified"`;

export function createPostgresSessionRotation(deps: {
  pool: Pool;
  reads: StatementRunner;
  idleTtlMs: number;
}): SessionRotation {
  const find = preparedQuery<Row>(
    deps.reads,
    "session_find",
    `select ${columns} from auth.sessions s, auth.accounts a where ${refreshable}`,
  );
  /** Of many at once, one sees the counter that it expects; the others wait for it, look again and find none. */
  const rotate = preparedQuery<Row>(
    deps.pool,
    "session_rotate",
    `update auth.sessions s set counter = s.counter + 1, rotate_time = $2, last_used_time = $2
     from auth.accounts a where ${refreshable} and s.counter = $4 returning ${columns}`,
  );
  const conditions = (id: string, now: Date) => [id, now, new Date(now.getTime() - deps.idleTtlMs)];
  return {
    find: async (id, now) => toSession(await find(conditions(id, now))),
    rotate: async (id, counter, now) => toSession(await rotate([...conditions(id, now), counter])),
  };
}

const toSession = ([row]: Row[]): RefreshableSession | null =>
  row === undefined ? null : { ...row, rotateTime: new Date(row.rotateTime) };
