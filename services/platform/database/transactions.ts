import type { EntityManager } from "@mikro-orm/postgresql";
import type { QueryResultRow } from "pg";
import { failpoints } from "../failpoints.ts";
import { inSpan } from "../tracing/spans.ts";
import type { Database } from "./database.ts";
import { guardDatabase, isRepeatable } from "./database-errors.ts";
import { withClient } from "./with-client.ts";

export interface Transactions {
  /** One transaction; what `work` did is kept when it resolves. Runs again, from its start, after a deadlock. */
  run<T>(work: (em: EntityManager) => Promise<T>): Promise<T>;
  /**
   * The same for one statement, past the ORM, which would have it planned anew each time: what it did is kept when `keeps`
   * says so of the rows that it gave. Whether it was.
   */
  runPrepared<R extends QueryResultRow>(
    statement: PreparedStatement,
    keeps: (rows: readonly R[]) => boolean,
  ): Promise<boolean>;
}

/** `name` is unique within a database. */
export interface PreparedStatement {
  readonly name: string;
  readonly text: string;
  readonly values: unknown[];
}

const attempts = 4;

export function createTransactions(db: Pick<Database, "orm" | "pool">): Transactions {
  return {
    run: (work) =>
      repeatedly(async () => {
        const result = await db.orm.em.fork({ clear: true }).transactional(async (em) => {
          const outcome = await work(em);
          failpoints?.pass("transaction.before_commit");
          return outcome;
        });
        failpoints?.pass("transaction.after_commit");
        return result;
      }),
    runPrepared: <R extends QueryResultRow>(statement: PreparedStatement, keeps: (rows: readonly R[]) => boolean) =>
      repeatedly(() =>
        withClient(db.pool, async (client) => {
          await client.query("begin");
          const { rows } = await client.query<R>(statement);
          const kept = keeps(rows);
          failpoints?.pass("transaction.before_commit");
          await client.query(kept ? "commit" : "rollback");
          failpoints?.pass("transaction.after_commit");
          return kept;
        }),
      ),
  };
}

const repeatedly = <T>(transact: () => Promise<T>): Promise<T> =>
  inSpan("transaction", { "db.system.name": "postgresql" }, () =>
    guardDatabase(async () => {
      for (let attempt = 1; ; attempt++) {
        try {
          return await transact();
        } catch (error) {
          if (attempt === attempts || !isRepeatable(error)) throw error;
        }
      }
    }),
  );
