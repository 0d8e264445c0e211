import type { Pool } from "pg";
import { createBatchedStatement } from "../../platform/database/batched-statement.ts";
import { preparedQuery } from "../../platform/database/database.ts";
import type { StatementRunner } from "../../platform/database/read-pipeline.ts";
import type { RefreshableSession, SessionRotation } from "../application/credential-ports.ts";

type Row = Omit<RefreshableSession, "rotateTime"> & { readonly rotateTime: string };

interface Asked {
  readonly id: string;
  readonly counter: number;
  readonly now: Date;
}

/** $1 ids, $2 now, $3 the earliest last use that still counts. */
const refreshable = `s.id = any($1::uuid[]) and s.revoke_time is null and s.expire_time > $2 and s.last_used_time > $3
  and a.user_id = s.user_id and a.status = 'ACTIVE'`;
const columns = `s.id, s.user_id as "userId", s.salt, s.counter, s.rotate_time as "rotateTime", a.roles,
  a.email_verified as "emailVerified"`;

/** Locks the sessions whose counters are the ones in $4, and moves those on. */
const rotation = (whereLocked: "" | "skip locked") => `
  with chosen as (
    select s.id from auth.sessions s, auth.accounts a, unnest($1::uuid[], $4::int[]) as asked (id, counter)
    where s.id = asked.id and s.counter = asked.counter and ${refreshable}
    for no key update of s ${whereLocked}
  )
  update auth.sessions s set counter = s.counter + 1, rotate_time = $2, last_used_time = $2
  from chosen, auth.accounts a where s.id = chosen.id and a.user_id = s.user_id returning ${columns}`;

/** What is asked for in one turn of the event loop is one statement, and one commit. */
export function createPostgresSessionRotation(deps: {
  pool: Pool;
  reads: StatementRunner;
  idleTtlMs: number;
}): SessionRotation {
  const select = preparedQuery<Row>(
    deps.reads,
    "sessions_find",
    `select ${columns} from auth.sessions s, auth.accounts a where ${refreshable}`,
  );
  /** Waits for no one: a session that somebody else is changing is not among the rows, and holds up no others. */
  const rotateFree = preparedQuery<Row>(deps.pool, "sessions_rotate", rotation("skip locked"));
  /** Of many at once, one sees the counter that it expects; the others wait for it, look again and find none. */
  const rotateOne = preparedQuery<Row>(deps.pool, "session_rotate", rotation(""));
  const conditions = (asked: readonly Pick<Asked, "id" | "now">[]) => {
    const now = Math.max(...asked.map((one) => one.now.getTime()));
    return [asked.map(({ id }) => id), new Date(now), new Date(now - deps.idleTtlMs)];
  };
  const found = createBatchedStatement((asked: readonly Pick<Asked, "id" | "now">[]) => select(conditions(asked)));
  const counters = (asked: readonly Asked[]) => asked.map(({ counter }) => counter);
  const rotated = createBatchedStatement((asked: readonly Asked[]) =>
    rotateFree([...conditions(asked), counters(asked)]),
  );
  /** Sessions that are being moved on: a second time has to see what became of the first. */
  const rotating = new Set<string>();

  async function rotateWithOthers(asked: Asked): Promise<Row | null> {
    if (rotating.has(asked.id)) return null;
    rotating.add(asked.id);
    try {
      return await rotated(asked);
    } finally {
      rotating.delete(asked.id);
    }
  }

  return {
    find: async (id, now) => toSession(await found({ id, now })),
    async rotate(id, counter, now) {
      const asked = { id, counter, now };
      const row = (await rotateWithOthers(asked)) ?? (await rotateOne([...conditions([asked]), [counter]])).at(0);
      return toSession(row ?? null);
    },
  };
}

const toSession = (row: Row | null): RefreshableSession | null =>
  row === null ? null : { ...row, rotateTime: new Date(row.rotateTime) };
