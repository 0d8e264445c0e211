/** Gathers what arrives together, to be handled together. */
export interface Batches<T> {
  /** Resolves with true when the item's batch succeeded, be it of one, else with what `alone` says of it. */
  add(item: T): Promise<boolean>;
}

interface BatchesDeps<T> {
  /** Items at most. */
  readonly size: number;
  /** Batches at work at once: while one waits for the disk, another can be prepared. */
  readonly lanes?: number;
  /** False when the items must be handled in smaller batches, or the only one alone. */
  together(items: readonly T[]): Promise<boolean>;
  alone(item: T): Promise<boolean>;
}

interface Entry<T> {
  readonly item: T;
  readonly done: PromiseWithResolvers<boolean>;
}

/**
 * A batch is what came in one turn of the event loop, or while all lanes were busy. So a single item is not held up for
 * others that might come, and batches grow by themselves with the load.
 */
export function createBatches<T>({ size, lanes = 2, together, alone }: BatchesDeps<T>): Batches<T> {
  const waiting: Entry<T>[] = [];
  let running = 0;
  let scheduled = false;

  function schedule(): void {
    if (scheduled || running === lanes || waiting.length === 0) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      running += 1;
      void handle(waiting.splice(0, size)).then(() => {
        running -= 1;
        schedule();
      });
      schedule();
    });
  }

  /** What fails together is halved until the one that makes it fail stands alone. */
  async function handle(entries: readonly Entry<T>[]): Promise<void> {
    const [first, second] = entries;
    try {
      if (await together(entries.map(({ item }) => item))) {
        for (const { done } of entries) done.resolve(true);
        return;
      }
      if (first !== undefined && second === undefined) {
        first.done.resolve(await alone(first.item));
        return;
      }
    } catch (error) {
      for (const { done } of entries) done.reject(error);
      return;
    }
    const middle = Math.ceil(entries.length / 2);
    await handle(entries.slice(0, middle));
    await handle(entries.slice(middle));
  }

  return {
    add(item) {
      const done = Promise.withResolvers<boolean>();
      waiting.push({ item, done });
      schedule();
      return done.promise;
    },
  };
}
