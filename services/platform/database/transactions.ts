import type { EntityManager } from "@mikro-orm/postgresql";
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
            return await db.orm.em.fork({ clear: true }).transactional(work);
          } catch (error) {
            if (attempt === attempts || !isRepeatable(error)) throw error;
          }
        }
      }),
  };
}
