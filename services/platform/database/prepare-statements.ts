import type { Pool, PoolClient } from "pg";

/** Texts are fixed in the code, so there are far fewer. Whoever makes up texts must not fill the server's memory with them. */
const mostStatements = 500;

/** A plan holds the columns that `*` had when it was made, and fails once a migration has added one. */
const isPlannedAnew = (text: string): boolean => text.includes(".*");

/**
 * Has every statement with parameters parsed and planned once by each connection, though whoever runs it gave it no name:
 * parsing and planning an insert or an update takes PostgreSQL longer than doing it. MikroORM writes values into its texts:
 * what it makes up is planned each time.
 */
export function prepareStatements(pool: Pool): void {
  const names = new Map<string, string>();

  function nameOf(text: string): string | undefined {
    const known = names.get(text);
    if (known !== undefined || names.size >= mostStatements || isPlannedAnew(text)) return known;
    const name = `statement_${names.size + 1}`;
    names.set(text, name);
    return name;
  }

  pool.on("connect", (client) => {
    client.query = named(client.query, nameOf);
  });
}

/** The same function, but a text that comes with values is given its name. */
const named = <Query extends PoolClient["query"]>(query: Query, nameOf: (text: string) => string | undefined): Query =>
  new Proxy(query, {
    apply(target, client, args) {
      const [text, values, ...rest]: unknown[] = args;
      const hasValues = typeof text === "string" && Array.isArray(values) && values.length > 0;
      const name = hasValues ? nameOf(text) : undefined;
      return Reflect.apply(target, client, name === undefined ? args : [{ name, text, values }, ...rest]);
    },
  });
