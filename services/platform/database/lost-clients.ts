import type { Pool, PoolClient } from "pg";

/**
 * Kysely gives a transaction's connection back to the pool only after it could end the transaction on it: one that is
 * lost meanwhile would keep its place in the pool for ever. Here it is given back as soon as it ends, or leaves a query
 * without an answer: `query_timeout` rejects the query and lets all later ones wait behind it.
 */
export function giveBackLostClients(pool: Pool): void {
  const borrowed = new WeakSet<PoolClient>();
  const giveBack = (client: PoolClient): void => {
    if (!borrowed.has(client)) return;
    client.release(true);
    // Whoever borrowed it may still give it back, at which pg-pool would throw.
    client.release = () => undefined;
  };
  pool.on("acquire", (client) => void borrowed.add(client));
  pool.on("release", (_error, client) => void borrowed.delete(client));
  pool.on("connect", (client) => {
    client.once("end", () => giveBack(client));
    client.query = whenUnanswered(client.query, () => giveBack(client));
  });
}

/** The same function, but it tells when the promise that it made is rejected by `query_timeout`. */
const whenUnanswered = <Query extends PoolClient["query"]>(query: Query, tell: () => void): Query =>
  new Proxy(query, {
    apply(target, client, args) {
      const answer: unknown = Reflect.apply(target, client, args);
      if (answer instanceof Promise) {
        answer.catch((error: unknown) => {
          if (error instanceof Error && error.message === "Query read timeout") tell();
        });
      }
      return answer;
    },
  });
