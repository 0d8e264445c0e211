import { type EntityName, MikroORM, type Options } from "@mikro-orm/postgresql";
import type { Pool, PoolConfig, QueryResultRow } from "pg";
import type { Log } from "../log.ts";
import { guardDatabase } from "./database-errors.ts";
import { measurePool } from "./pool-metrics.ts";
import { prepareStatements } from "./prepare-statements.ts";
import { createReadPipeline, type ReadPipeline, type StatementRunner } from "./read-pipeline.ts";

export interface DatabaseConfig {
  readonly url: string;
  readonly entities: readonly EntityName[];
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
  /** Connections at most. */
  readonly poolSize: number;
  /** After this long without a statement, the server ends a session whose transaction is open; 15 s unless set. */
  readonly idleTransactionMs?: number;
  readonly log: Log;
}

/** One pool per process: units of work write through it, other statements go straight to it, prepared. */
export interface Database {
  readonly name: string;
  readonly orm: MikroORM;
  readonly pool: Pool;
  /** For lookups that many calls make at the same time. */
  readonly reads: ReadPipeline;
  /** True when the database answers within the connection timeout. */
  ping(): Promise<boolean>;
  close(): Promise<void>;
}

/** Nothing may wait for long: a caller would rather hear UNAVAILABLE, and a dead relay's locks must come free. */
const limits: PoolConfig = {
  connectionTimeoutMillis: 1_000,
  statement_timeout: 3_000,
  lock_timeout: 1_000,
  query_timeout: 4_000,
  // Also ends a connection on which nothing is answered any more.
  pipeline: true,
  keepAlive: true,
  keepAliveInitialDelayMillis: 5_000,
};

/** Opens without connecting: a service starts while its database is away, and says so in its readiness. */
export async function openDatabase(config: DatabaseConfig): Promise<Database> {
  const orm = await MikroORM.init({
    clientUrl: config.url,
    entities: [...config.entities] as NonNullable<Options["entities"]>,
    discovery: { warnWhenNoEntities: false },
    // Would connect at once, and throw when the database is away.
    ensureDatabase: false,
    pool: { min: 0, max: config.poolSize },
    driverOptions: {
      ...limits,
      idle_in_transaction_session_timeout: config.idleTransactionMs ?? 15_000,
      application_name: config.applicationName,
    },
    logger: (message) => config.log.warn({ event: "database" }, message),
    colors: false,
  });
  const pool = (await orm.driver.getConnection().getNativeClient()) as Pool;
  prepareStatements(pool);
  // The pool hides its password from copies.
  const reads = createReadPipeline({ config: { ...pool.options, password: pool.options.password } });
  const measured = measurePool(config.applicationName, pool);
  return {
    name: config.applicationName,
    orm,
    pool,
    reads,
    async ping() {
      try {
        await pool.query("select 1");
        return true;
      } catch {
        return false;
      }
    },
    async close() {
      measured();
      await reads.close();
      await orm.close(true);
      // The ORM leaves a pool open through which it has sent nothing itself.
      if (!pool.ended) await pool.end();
    },
  };
}

/** A query that each connection parses and plans once. `name` is unique within a database. */
export function preparedQuery<R extends QueryResultRow>(runner: StatementRunner, name: string, text: string) {
  return (values: readonly unknown[]): Promise<R[]> =>
    guardDatabase(async () => (await runner.query<R>({ name, text, values: [...values] })).rows);
}
