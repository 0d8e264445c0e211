interface Batch<T> {
  readonly keys: string[];
  readonly found: Promise<ReadonlyMap<string, T>>;
}

/** More than this are several statements: one must not keep others from the connection for long. */
const mostKeys = 100;

/**
 * Looks rows up by a key: what is asked for in one turn of the event loop is one statement. Many lookups then cost little
 * more than one, here and in the database, and a single one waits for nobody.
 *
 * @param load rows of these keys, in any order; absent ones are left out
 * @param keyOf the key as it is asked for
 */
export function createBatchedLookup<T>(
  load: (keys: readonly string[]) => Promise<readonly T[]>,
  keyOf: (row: T) => string,
): (key: string) => Promise<T | null> {
  let open: Batch<T> | undefined;

  function begin(): Batch<T> {
    const keys: string[] = [];
    const found = new Promise<void>((resolve) => setImmediate(resolve)).then(async () => {
      if (open?.keys === keys) open = undefined;
      const rows = await load(keys);
      return new Map(rows.map((row) => [keyOf(row), row]));
    });
    return { keys, found };
  }

  return async (key) => {
    if (open === undefined || open.keys.length === mostKeys) open = begin();
    open.keys.push(key);
    return (await open.found).get(key) ?? null;
  };
}
