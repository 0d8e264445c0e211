/** One after the other, for ever. */
export function inTurn<T>(items: readonly T[]): () => T {
  let turn = 0;
  return () => {
    const item = items[turn++ % items.length];
    if (item === undefined) throw new Error("nothing to take in turn");
    return item;
  };
}
