import type { EntityManager } from "@mikro-orm/postgresql";
import { failpoints } from "../failpoints.ts";
import type { Database } from "./database.ts";
import { guardDatabase, isRepeatable } from "./database-errors.ts";

export interface Transactions {
  /** One transaction; what `work` did is kept when it resolves. Runs again, from its start, after a deadlock. */
  run<T>(work: (em: EntityManager) => Promise<T>): Promise<T>;
}

const attempts = 4;

export function createTransactions(db: Pick<Database, "orm">): Transactions {
  return {
    run: (work) =>
      guardDatabase(async () => {
        for (let attempt = 1; ; attempt++) {
          try {
            const result = await db.orm.em.fork({ clear: true }).transactional(async (em) => {
              const outcome = await work(em);
              failpoints?.pass("transaction.before_commit");
              return outcome;
            });
            failpoints?.pass("transaction.after_commit");
            return result;
          } catch (error) {
            if (attempt === attempts || !isRepeatable(error)) throw error;
          }
        }
      }),
  };
}
