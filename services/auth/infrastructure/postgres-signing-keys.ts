import type { EntityManager } from "@mikro-orm/postgresql";
import type { Pool } from "pg";
import { preparedQuery } from "../../platform/database/database.ts";
import { postSql, sql } from "../../platform/database/open-transaction.ts";
import type { Transactions } from "../../platform/database/transactions.ts";
import type { Log } from "../../platform/log.ts";
import type { AuditEntry } from "../application/credential-ports.ts";
import type { Clock, Ids } from "../application/ports.ts";
import type { SigningKey } from "../domain/signing-key.ts";
import type { SigningKeyStore } from "./key-ring.ts";
import { auditOf, logAudit } from "./postgres-audit.ts";

type Row = Pick<SigningKey, "kid" | "publicKey" | "privateKey"> & {
  readonly createTime: string;
  readonly activateTime: string;
  readonly expireTime: string | null;
};

const select = `select kid, public_key ->> 'x' as "publicKey", private_key as "privateKey", create_time as "createTime",
    activate_time as "activateTime", expire_time as "expireTime"
  from auth.signing_keys order by activate_time`;

export function createPostgresSigningKeys(deps: {
  pool: Pool;
  transactions: Transactions;
  clock: Clock;
  ids: Ids;
  log: Pick<Log, "info">;
}): SigningKeyStore {
  const list = preparedQuery<Row>(deps.pool, "signing_keys", select);
  return {
    list: async () => (await list([])).map(toKey),
    async update(change, entryOf) {
      let entry: AuditEntry | null = null;
      const keys = await deps.transactions.run(async (em) => {
        postSql(em, "select pg_advisory_xact_lock(hashtextextended('auth.signing_keys', 0))");
        const known = (await sql<Row>(em, select)).map(toKey);
        const wanted = change(known);
        entry = wanted === known ? null : entryOf(wanted);
        if (wanted !== known) await store(em, wanted);
        if (entry !== null) await auditOf(em, deps)(entry);
        return wanted;
      });
      if (entry !== null) logAudit(deps.log, entry);
      return keys;
    },
  };
}

async function store(em: EntityManager, keys: readonly SigningKey[]): Promise<void> {
  postSql(em, "delete from auth.signing_keys where kid <> all($1::text[])", [keys.map(({ kid }) => kid)]);
  for (const key of keys) {
    postSql(
      em,
      `insert into auth.signing_keys (kid, public_key, private_key, create_time, activate_time, expire_time)
       values ($1, $2, $3, $4, $5, $6)
       on conflict (kid) do update set private_key = excluded.private_key, activate_time = excluded.activate_time, expire_time = excluded.expire_time`,
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
