import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";

/** Something that was kept, sent or printed, and where. */
export interface Trace {
  readonly where: string;
  readonly bytes: Buffer;
}

const traceOf = (where: string, text: string): Trace => ({ where, bytes: Buffer.from(text) });

/** Every row of every table of both services, as PostgreSQL writes rows: a bytea is hexadecimal. */
export async function tracesInDatabase(url: string): Promise<Trace[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const tables = await client.query<{ name: string }>(
      "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('users', 'auth')",
    );
    const traces: Trace[] = [];
    for (const { name } of tables.rows) {
      const { rows } = await client.query<{ row: string }>(`select t::text as row from ${name} t`);
      traces.push(traceOf(name, rows.map(({ row }) => row).join("\n")));
    }
    return traces;
  } finally {
    await client.end();
  }
}

/** Every file below the directory. One that goes away meanwhile has left its content elsewhere. */
export async function tracesInFiles(directory: string): Promise<Trace[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const traces = await Promise.all(
    files.map(async (where): Promise<Trace[]> => {
      try {
        return [{ where, bytes: await readFile(where) }];
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
        throw error;
      }
    }),
  );
  return traces.flat();
}

/** What the management listeners count, from the first port on. Fails unless there are `roles` of them. */
export async function tracesInMetrics(firstPort: number, roles: number): Promise<Trace[]> {
  const traces: Trace[] = [];
  for (let port = firstPort; traces.length < roles; port++) {
    if (port > firstPort + 50) throw new Error(`${traces.length} management listeners from port ${firstPort} on`);
    // Between the listeners there are ports at which nobody answers: what counts is that all listeners are found.
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`).catch(() => null);
    if (answer?.ok) traces.push(traceOf(`metrics at port ${port}`, await answer.text()));
  }
  return traces;
}

export const tracesIn = (where: string, lines: readonly string[]): Trace => traceOf(where, lines.join("\n"));

/** Where the text is found, as it is or in the forms in which programs keep text. */
export function findTraces(text: string, traces: readonly Trace[]): string[] {
  const bytes = Buffer.from(text);
  const forms = [text, JSON.stringify(text).slice(1, -1), encodeURIComponent(text)];
  const encoded = (["hex", "base64", "base64url"] as const).map((encoding) => withoutEnd(bytes.toString(encoding)));
  const wanted = new Set([...forms, ...encoded]);
  return traces.filter((trace) => [...wanted].some((form) => trace.bytes.includes(form))).map(({ where }) => where);
}

/** The last characters of base64 depend on what follows. */
const withoutEnd = (encoded: string): string => encoded.replace(/=+$/, "").slice(0, -2);
