import type { EntityManager } from "@mikro-orm/postgresql";
import type { PoolClient, QueryResultRow } from "pg";
import { failpoints } from "../failpoints.ts";
import { inSpan } from "../tracing/spans.ts";
import type { Database } from "./database.ts";
import { guardDatabase, isRepeatable } from "./database-errors.ts";
import { type OpenTransaction, openTransaction, type Statement } from "./open-transaction.ts";

export interface Transactions {
  /**
   * One transaction; what `work` did is kept when it resolves, and nothing of it where the commit fails, with which leaves
   * whatever nobody has waited for. Runs again, from its start, after a deadlock.
   */
  run<T>(work: (em: EntityManager) => Promise<T>): Promise<T>;
  /** The same for one statement: what it did is kept when `keeps` says so of the rows that it gave. Whether it was. */
  runStatement<R extends QueryResultRow>(
    statement: Statement,
    keeps: (rows: readonly R[]) => boolean,
  ): Promise<boolean>;
}

const attempts = 4;

export function createTransactions(db: Pick<Database, "orm" | "pool">): Transactions {
  return {
    run: (work) =>
      repeatedly(db, async (transaction) => {
        const em = db.orm.em.fork({ clear: true });
        em.setTransactionContext(transaction);
        const result = await work(em);
        failpoints?.pass("transaction.before_commit");
        await transaction.commit();
        failpoints?.pass("transaction.after_commit");
        return result;
      }),
    runStatement: <R extends QueryResultRow>(statement: Statement, keeps: (rows: readonly R[]) => boolean) =>
      repeatedly(db, async (transaction) => {
        const { rows } = await transaction.query<R>(statement);
        const kept = keeps(rows);
        failpoints?.pass("transaction.before_commit");
        await (kept ? transaction.commit() : transaction.rollback());
        failpoints?.pass("transaction.after_commit");
        return kept;
      }),
  };
}

const repeatedly = <T>(
  { pool }: Pick<Database, "pool">,
  work: (transaction: OpenTransaction) => Promise<T>,
): Promise<T> =>
  inSpan("transaction", { "db.system.name": "postgresql" }, () =>
    guardDatabase(async () => {
      for (let attempt = 1; ; attempt++) {
        try {
          return await transact(await pool.connect(), work);
        } catch (error) {
          if (attempt === attempts || !isRepeatable(error)) throw error;
        }
      }
    }),
  );

/** What `work` has not committed when it throws is undone. */
async function transact<T>(client: PoolClient, work: (transaction: OpenTransaction) => Promise<T>): Promise<T> {
  const transaction = openTransaction(client);
  let isUsable = true;
  try {
    return await work(transaction);
  } catch (error) {
    isUsable = await isRolledBack(transaction);
    throw error;
  } finally {
    client.release(!isUsable);
  }
}

/** When it is not, the connection is ended, which does it too. */
async function isRolledBack(transaction: OpenTransaction): Promise<boolean> {
  try {
    await transaction.rollback();
    return true;
  } catch {
    return false;
  }
}
