import { type EntityManager, type InferEntity, LockMode } from "@mikro-orm/postgresql";
import { postSql, sql } from "../../platform/database/open-transaction.ts";
import type { Creations } from "../application/ports.ts";
import { type Creation, type DecidedCreation, pending, type RejectionReason } from "../domain/creation.ts";
import type { CreationRequest } from "../domain/creation-request.ts";
import type { UserId } from "../domain/user.ts";
import { CreationRow } from "./postgres-schema.ts";

export function creationsOf(em: EntityManager): Creations {
  return {
    /** The insert waits for a concurrent one to end; the lock waits for whoever decides a creation that was known before. */
    async claim(creation) {
      const { id: creationId, userId } = creation;
      const claimed = await em
        .createQueryBuilder(CreationRow)
        .insert({ creationId, userId })
        .onConflict("creationId")
        .ignore()
        .returning("creationId")
        .execute<unknown[]>("all");
      if (claimed.length === 1) return creation;
      const row = await em.findOneOrFail(CreationRow, { creationId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      return toCreation({ creationId, userId: row.userId, outcome: row.outcome ?? null, reason: row.reason ?? null });
    },
    async claimAll(creations) {
      const ids = creations.map(({ id }) => id);
      const inserted = await sql<{ id: string }>(
        em,
        `insert into users.creations (creation_id, user_id)
         select id, user_id from unnest($1::uuid[], $2::uuid[]) as given (id, user_id) order by id
         on conflict do nothing returning creation_id as id`,
        [ids, creations.map(({ userId }) => userId)],
      );
      const added = new Set(inserted.map(({ id }) => id));
      const known = ids.filter((id) => !added.has(id));
      if (known.length === 0) return [...creations];
      const rows = await sql<CreationColumns>(
        em,
        `select creation_id as "creationId", user_id as "userId", outcome, reason from users.creations
         where creation_id = any($1::uuid[]) order by creation_id for update`,
        [known],
      );
      return [...creations.filter(({ id }) => added.has(id)), ...rows.map(toCreation)];
    },
    async decideAll(decisions) {
      postSql(
        em,
        `update users.creations 
           set outcome = decided.outcome, reason = decided.reason, name = null, email = null, next_send_time = null
         from unnest($1::uuid[], $2::text[], $3::text[]) as decided (id, outcome, reason) where creation_id = decided.id`,
        [
          decisions.map(({ id }) => id),
          decisions.map(({ state }) => state),
          decisions.map((decision) => (decision.state === "REJECTED" ? decision.reason : null)),
        ],
      );
    },
    async decide(decision) {
      const reason = decision.state === "REJECTED" ? decision.reason : null;
      const forgotten = { name: null, email: null, nextSendTime: null };
      await em.nativeUpdate(
        CreationRow,
        { creationId: decision.id },
        { outcome: decision.state, reason, ...forgotten },
      );
    },
    async addRequest({ creation, ...request }) {
      await em.insert(CreationRow, { creationId: creation.id, userId: creation.userId, ...request });
    },
    async findOverdue(now, limit) {
      const rows = await em.find(
        CreationRow,
        { nextSendTime: { $lte: now } },
        { orderBy: { nextSendTime: "asc" }, limit, lockMode: LockMode.PESSIMISTIC_PARTIAL_WRITE },
      );
      return rows.map(toRequest);
    },
    async reschedule(requests) {
      postSql(
        em,
        `update users.creations set sends = given.sends, next_send_time = given.next_send_time
         from unnest($1::uuid[], $2::integer[], $3::timestamptz[]) as given (id, sends, next_send_time)
         where creation_id = given.id`,
        [
          requests.map(({ creation }) => creation.id),
          requests.map(({ sends }) => sends),
          requests.map(({ nextSendTime }) => nextSendTime),
        ],
      );
    },
  };
}

function toRequest({ creationId, userId, ...row }: InferEntity<typeof CreationRow>): CreationRequest {
  const { name, email, sends, nextSendTime } = row;
  if (name == null || email == null || nextSendTime == null)
    throw new Error(`creation ${creationId} forgot its person`);
  return { creation: pending(creationId, userId), name, email, sends, nextSendTime };
}

export interface CreationColumns {
  readonly creationId: string;
  readonly userId: UserId;
  /** Null while nothing is decided. */
  readonly outcome: DecidedCreation["state"] | null;
  /** Set where the outcome is REJECTED. */
  readonly reason: RejectionReason | null;
}

export function toCreation({ creationId: id, userId, outcome, reason }: CreationColumns): Creation {
  if (outcome === null) return { id, userId, state: "PENDING" };
  if (outcome === "CREATED") return { id, userId, state: outcome };
  if (reason === null) throw new Error(`creation ${id} is REJECTED without a reason`);
  return { id, userId, state: outcome, reason };
}
