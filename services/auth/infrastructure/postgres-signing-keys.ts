import type { EntityManager } from "@mikro-orm/postgresql";
import type { Pool } from "pg";
import { preparedQuery, sql } from "../../platform/database/database.ts";
import type { Transactions } from "../../platform/database/transactions.ts";
import type { SigningKey } from "../domain/signing-key.ts";
import type { SigningKeyStore } from "./key-ring.ts";

type Row = Pick<SigningKey, "kid" | "publicKey" | "privateKey"> & {
  readonly createTime: string;
  readonly activateTime: string;
  readonly expireTime: string | null;
};

const select = `select kid, public_key ->> 'x' as "publicKey", private_key as "privateKey", create_time as "createTime",
    activate_time as "activateTime", expire_time as "expireTime"
  from auth.signing_keys order by activate_time`;

export function createPostgresSigningKeys(deps: { pool: Pool; transactions: Transactions }): SigningKeyStore {
  const list = preparedQuery<Row>(deps.pool, "signing_keys", select);
  return {
    list: async () => (await list([])).map(toKey),
    update: (change) =>
      deps.transactions.run(async (em) => {
        await sql(em, "select pg_advisory_xact_lock(hashtextextended('auth.signing_keys', 0))");
        const known = (await sql<Row>(em, select)).map(toKey);
        const wanted = change(known);
        if (wanted !== known) await store(em, wanted);
        return wanted;
      }),
  };
}

async function store(em: EntityManager, keys: readonly SigningKey[]): Promise<void> {
  await sql(em, "delete from auth.signing_keys where kid <> all($1::text[])", [keys.map(({ kid }) => kid)]);
  for (const key of keys) {
    await sql(
      em,
      `insert into auth.signing_keys (kid, public_key, private_key, create_time, activate_time, expire_time)
       values ($1, $2, $3, $4, $5, $6)
       on conflict (kid) do update set activate_time = excluded.activate_time, expire_time = excluded.expire_time`,
      [
        key.kid,
        JSON.stringify({ kty: "OKP", crv: "Ed25519", x: key.publicKey }),
        Buffer.from(key.privateKey),
        key.createTime,
        key.activateTime,
        key.expireTime,
      ],
    );
  }
}

const toKey = ({ createTime, activateTime, expireTime, ...row }: Row): SigningKey => ({
  ...row,
  createTime: new Date(createTime),
  activateTime: new Date(activateTime),
  expireTime: expireTime === null ? null : new Date(expireTime),
});
