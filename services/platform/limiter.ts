/** Runs work at once while there is room, else in the order in which it was given. */
export type Limiter = <T>(work: () => Promise<T>) => Promise<T>;

/** @param most pieces of work under way at once. */
export function createLimiter(most: number): Limiter {
  const waiting: (() => void)[] = [];
  let room = most;
  return async (work) => {
    if (room > 0) room -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) room += 1;
      else next();
    }
  };
}
