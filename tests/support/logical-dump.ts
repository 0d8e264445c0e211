import pg from "pg";

/** Every row of some schemas as they were at one moment; by table, as text that PostgreSQL reads again. */
export type LogicalDump = ReadonlyMap<string, string>;

/** What `pg_dump --data-only` keeps, where no pg_dump of the server's version is at hand. Nobody has to stop for it. */
export function dump(url: string, schemas: readonly string[]): Promise<LogicalDump> {
  return connected(url, async (client) => {
    await client.query("begin isolation level repeatable read read only");
    const rows = new Map<string, string>();
    for (const table of await tablesOf(client, schemas)) {
      const { rows: found } = await client.query(`select coalesce(json_agg(t), '[]')::text as rows from ${table} t`);
      rows.set(table, found[0].rows);
    }
    await client.query("commit");
    return rows;
  });
}

/** Into a database that has been migrated, and that nobody uses yet. */
export function restore(url: string, dumped: LogicalDump): Promise<void> {
  return connected(url, async (client) => {
    // As pg_restore --disable-triggers: rows come in any order.
    await client.query("set session_replication_role = replica");
    for (const [table, rows] of dumped) {
      await client.query(`truncate ${table} cascade`);
      await client.query(
        `insert into ${table} overriding system value select * from json_populate_recordset(null::${table}, $1)`,
        [rows],
      );
    }
    for (const { table, column, sequence } of await identitiesOf(client)) {
      await client.query(`select setval('${sequence}', (select coalesce(max(${column}), 0) + 1 from ${table}), false)`);
    }
  });
}

async function tablesOf(client: pg.Client, schemas: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select schemaname || '.' || tablename as name from pg_tables
     where schemaname = any($1) and tablename <> 'migrations' order by 1`,
    [schemas],
  );
  return rows.map(({ name }) => name);
}

async function identitiesOf(client: pg.Client) {
  const { rows } = await client.query<{ table: string; column: string; sequence: string }>(
    `select table_schema || '.' || table_name as table, column_name as column,
       pg_get_serial_sequence(table_schema || '.' || table_name, column_name) as sequence
     from information_schema.columns where is_identity = 'YES'`,
  );
  return rows;
}

async function connected<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
