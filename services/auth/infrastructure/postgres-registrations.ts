import { type EntityManager, type InferEntity, LockMode } from "@mikro-orm/postgresql";
import { sql } from "../../platform/database/database.ts";
import type { Registrations } from "../application/ports.ts";
import type { Registration } from "../domain/registration.ts";
import { RegistrationRow } from "./postgres-schema.ts";

type Row = InferEntity<typeof RegistrationRow>;

const insert = `insert into auth.registrations (id, user_id, state, reason, name, email, password_hash, locale, email_verified,
    idempotency_key, request_hash, sends, next_send_time, create_time, update_time)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
  on conflict (idempotency_key) do nothing returning id`;

export function registrationsOf(em: EntityManager): Registrations {
  const find = async (where: Partial<Pick<Row, "id" | "userId">>): Promise<Registration | null> => {
    const row = await em.findOne(RegistrationRow, where, { lockMode: LockMode.PESSIMISTIC_WRITE });
    return row === null ? null : toRegistration(row);
  };
  return {
    async add(registration, keysSince) {
      if (registration.idempotencyKey !== null) {
        await em.nativeUpdate(
          RegistrationRow,
          { idempotencyKey: registration.idempotencyKey, createTime: { $lt: keysSince } },
          { idempotencyKey: null },
        );
      }
      const row = toRow(registration);
      const inserted = await sql(em, insert, [
        row.id,
        row.userId,
        row.state,
        row.reason,
        row.name,
        row.email,
        row.passwordHash,
        row.locale,
        row.emailVerified,
        row.idempotencyKey,
        row.requestHash,
        row.sends,
        row.nextSendTime,
        row.createTime,
        row.updateTime,
      ]);
      return inserted.length === 1;
    },
    find: (id) => find({ id }),
    findByUserId: (userId) => find({ userId }),
    async findDue(now, limit) {
      const due = await sql<{ id: string }>(
        em,
        `select id from auth.registrations where next_send_time <= $1 order by next_send_time limit $2
         for update skip locked`,
        [now, limit],
      );
      const rows = await em.find(
        RegistrationRow,
        { id: { $in: due.map(({ id }) => id) } },
        { orderBy: { nextSendTime: "asc" } },
      );
      return rows.map(toRegistration);
    },
    async save(registration) {
      const { id, ...changes } = toRow(registration);
      await em.nativeUpdate(RegistrationRow, { id }, changes);
    },
  };
}

function toRegistration(row: Row): Registration {
  const { name, email, passwordHash, locale, emailVerified } = row;
  return {
    id: row.id,
    userId: row.userId,
    state: row.state,
    reason: row.reason ?? null,
    applicant:
      name != null && email != null && passwordHash != null && locale != null
        ? { name, email, passwordHash, locale, emailVerified: emailVerified === true }
        : null,
    idempotencyKey: row.idempotencyKey ?? null,
    requestHash: Uint8Array.from(row.requestHash),
    sends: row.sends,
    nextSendTime: row.nextSendTime ?? null,
    createTime: row.createTime,
    updateTime: row.updateTime,
  };
}

const toRow = ({ applicant, requestHash, ...registration }: Registration) => ({
  ...registration,
  name: applicant?.name ?? null,
  email: applicant?.email ?? null,
  passwordHash: applicant?.passwordHash ?? null,
  locale: applicant?.locale ?? null,
  emailVerified: applicant?.emailVerified ?? null,
  requestHash: Buffer.from(requestHash),
});
