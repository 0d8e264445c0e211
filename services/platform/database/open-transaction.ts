import type { EntityManager } from "@mikro-orm/postgresql";
import type { PoolClient, QueryResult, QueryResultRow } from "pg";

/** SQL, and the values of its parameters, which are sent apart from it. */
export interface Statement {
  readonly text: string;
  readonly values?: readonly unknown[];
}

/** What an entity manager has for its transaction context: MikroORM asks it for `executeQuery` only. */
export interface OpenTransaction {
  /** Runs after all that was asked for before. */
  query<R extends QueryResultRow>(statement: Statement): Promise<QueryResult<R>>;
  /** Runs before the next query, or before the commit; whichever of them comes fails when this does. */
  post(statement: Statement): void;
  /** The same as `query`, in the words of Kysely. */
  executeQuery(compiled: {
    readonly sql: string;
    readonly parameters: readonly unknown[];
  }): Promise<{ readonly rows: unknown[]; readonly numAffectedRows?: bigint }>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
}

/**
 * A transaction on a connection that does not wait for an answer before it sends the next statement (PostgreSQL,
 * "Pipelining" of the extended query protocol). Whatever needs no answer, BEGIN among it, is held back until somebody wants
 * one, and leaves in the same write: each write wakes a server process, and each answer wakes this one.
 */
export function openTransaction(client: PoolClient): OpenTransaction {
  let posted: Statement[] = [{ text: "begin" }];
  let isBegun = false;

  async function send<R extends QueryResultRow>(last: Statement): Promise<QueryResult<R>> {
    const statements = [...posted, last];
    posted = [];
    isBegun = true;
    const { stream } = client.connection;
    stream.cork();
    const answers = statements.map(({ text, values }) => client.query<R>(text, values && [...values]));
    stream.uncork();
    // They come in order. After one that fails, the others only say that the transaction is over.
    const result = (await Promise.all(answers)).at(-1);
    if (result === undefined) throw new Error("a statement was not answered");
    return result;
  }

  return {
    query: send,
    post: (statement) => void posted.push(statement),
    async executeQuery({ sql: text, parameters: values }) {
      const { command, rows, rowCount } = await send({ text, values });
      return command === "SELECT" ? { rows } : { rows, numAffectedRows: BigInt(rowCount ?? 0) };
    },
    async commit() {
      const isEmpty = !isBegun && posted.length === 1;
      if (isEmpty) return;
      const { command } = await send({ text: "commit" });
      // PostgreSQL answers so, and not with an error, when a statement of the transaction has failed.
      if (command !== "COMMIT") throw new Error(`the transaction ended with ${command}`);
    },
    async rollback() {
      posted = [];
      if (isBegun) await send({ text: "rollback" });
    },
  };
}

function transactionOf(em: EntityManager): OpenTransaction {
  const transaction = em.getTransactionContext<OpenTransaction>();
  if (transaction === undefined) throw new Error("SQL runs inside a unit of work only");
  return transaction;
}

/** One SQL statement in the entity manager's transaction. */
export async function sql<R extends QueryResultRow>(
  em: EntityManager,
  text: string,
  values: readonly unknown[] = [],
): Promise<R[]> {
  return (await transactionOf(em).query<R>({ text, values })).rows;
}

/** The same for a statement whose result nobody asks for: it goes with the next one, and the commit fails when it does. */
export function postSql(em: EntityManager, text: string, values: readonly unknown[] = []): void {
  transactionOf(em).post({ text, values });
}
