import type { Pool } from "pg";
import { preparedQuery } from "../../platform/database/database.ts";
import type { AuditEvent, AuditQuery, AuditReader } from "../application/credential-ports.ts";

type Row = Omit<AuditEvent, "occurTime"> & { readonly occurTime: string };

const select = (order: string) => `select id, type, occur_time as "occurTime", user_id as "userId", actor,
    session_id as "sessionId", ip_address as "ipAddress", details
  from auth.audit_events
  where ($1::uuid is null or user_id = $1) and ($2::text is null or type = $2)
    and ($3::timestamptz is null or occur_time >= $3) and ($4::timestamptz is null or occur_time < $4)
    and ${order}`;

const filters = ({ userId, type, since, until }: AuditQuery) => [
  userId ?? null,
  type ?? null,
  since ?? null,
  until ?? null,
];

/** Pages by the id, which sorts by time: what is added meanwhile moves nothing. */
export function createPostgresAuditReader(pool: Pool): AuditReader {
  const newest = preparedQuery<Row>(
    pool,
    "audit_newest",
    select("($5::uuid is null or id < $5) order by id desc limit $6"),
  );
  const oldest = preparedQuery<Row>(pool, "audit_oldest", select("($5::uuid is null or id > $5) order by id limit $6"));
  return {
    newest: async (query, { before, limit }) => (await newest([...filters(query), before, limit])).map(toEvent),
    oldest: async (query, { after, limit }) => (await oldest([...filters(query), after, limit])).map(toEvent),
  };
}

const toEvent = (row: Row): AuditEvent => ({ ...row, occurTime: new Date(row.occurTime) });
