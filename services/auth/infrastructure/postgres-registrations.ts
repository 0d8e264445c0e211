import type { EntityManager } from "@mikro-orm/postgresql";
import { postSql, sql } from "../../platform/database/open-transaction.ts";
import type { Registrations } from "../application/ports.ts";
import type { Applicant, Registration } from "../domain/registration.ts";

export const registrationColumns = `id, user_id as "userId", state, reason, name, email, password_hash as "passwordHash", locale, email_verified as "emailVerified",
  idempotency_key as "idempotencyKey", request_hash as "requestHash", sends, next_send_time as "nextSendTime",
  create_time as "createTime", update_time as "updateTime"`;

/** Times arrive as text: the pool leaves them unparsed, for the ORM. */
export type RegistrationColumns = Omit<Registration, "applicant" | "nextSendTime" | "createTime" | "updateTime"> & {
  readonly [key in "name" | "email" | "passwordHash" | "locale"]: string | null;
} & {
  readonly emailVerified: boolean | null;
  readonly nextSendTime: string | null;
  readonly createTime: string;
  readonly updateTime: string;
};

const insert = `insert into auth.registrations (id, user_id, state, reason, name, email, password_hash, locale, email_verified,
    idempotency_key, request_hash, sends, next_send_time, create_time, update_time)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
  on conflict (idempotency_key) do nothing returning id`;

const update = `update auth.registrations set user_id = $2, state = $3, reason = $4, name = $5, email = $6, password_hash = $7,
    locale = $8, email_verified = $9, idempotency_key = $10, request_hash = $11, sends = $12, next_send_time = $13,
    create_time = $14, update_time = $15
  where id = $1`;

/** Statements that each connection plans once: most of what a registration costs the database is in them. */
export function registrationsOf(em: EntityManager): Registrations {
  const select = async (rest: string, values: readonly unknown[]): Promise<Registration[]> => {
    const text = `select ${registrationColumns} from auth.registrations ${rest}`;
    return (await sql<RegistrationColumns>(em, text, values)).map(toRegistration);
  };
  const first = ([registration]: Registration[]): Registration | null => registration ?? null;
  return {
    async add(registration, keysSince) {
      if (registration.idempotencyKey === null) {
        // Nothing that could be in its way, and so no answer to wait for.
        postSql(em, insert, toValues(registration));
        return true;
      }
      postSql(
        em,
        "update auth.registrations set idempotency_key = null where idempotency_key = $1 and create_time < $2",
        [registration.idempotencyKey, keysSince],
      );
      return (await sql(em, insert, toValues(registration))).length === 1;
    },
    find: async (id) => first(await select("where id = $1 for update", [id])),
    findByUserId: async (userId) => first(await select("where user_id = $1 limit 1 for update", [userId])),
    findDue: (now, limit) =>
      select("where next_send_time <= $1 order by next_send_time limit $2 for update skip locked", [now, limit]),
    save: async (registration) => postSql(em, update, toValues(registration)),
  };
}

/** In the order of the parameters of `insert` and `update`. */
function toValues({ applicant, requestHash, ...registration }: Registration): unknown[] {
  return [
    registration.id,
    registration.userId,
    registration.state,
    registration.reason,
    applicant?.name ?? null,
    applicant?.email ?? null,
    applicant?.passwordHash ?? null,
    applicant?.locale ?? null,
    applicant?.emailVerified ?? null,
    registration.idempotencyKey,
    Buffer.from(requestHash),
    registration.sends,
    registration.nextSendTime,
    registration.createTime,
    registration.updateTime,
  ];
}

export function toRegistration(row: RegistrationColumns): Registration {
  const {
    name,
    email,
    passwordHash,
    locale,
    emailVerified,
    nextSendTime,
    createTime,
    updateTime,
    requestHash,
    ...rest
  } = row;
  return {
    ...rest,
    requestHash: Uint8Array.from(requestHash),
    applicant:
      name !== null && email !== null && passwordHash !== null && locale !== null
        ? ({ name, email, passwordHash, locale, emailVerified: emailVerified === true } as Applicant)
        : null,
    nextSendTime: nextSendTime === null ? null : new Date(nextSendTime),
    createTime: new Date(createTime),
    updateTime: new Date(updateTime),
  };
}
