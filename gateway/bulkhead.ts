import { tooManyCalls } from "./problem.ts";

/** Does the work, or throws a Problem at once where too much of it is under way. */
export type Bulkhead = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * Keeps the calls of one method from taking the place of all others. A connection to a service carries so many at a time,
 * and what comes beyond waits in front of it, whatever it is.
 * @param most calls under way at once.
 */
export function createBulkhead(most: number): Bulkhead {
  let inside = 0;
  return async (work) => {
    if (inside >= most) throw tooManyCalls();
    inside += 1;
    try {
      return await work();
    } finally {
      inside -= 1;
    }
  };
}
