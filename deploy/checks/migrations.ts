/** What the build before a migration would not survive, by what the statement does. */
const contractions: readonly (readonly [RegExp, string])[] = [
  [/\bdrop\s+(table|column|schema|view|type|function)\b/, "drops what the build before may use"],
  [/\brename\b/, "renames what the build before knows by its old name"],
  [/\balter\s+(column\s+)?\S+\s+(set\s+data\s+)?type\b/, "changes a type, and rewrites the table under a lock"],
  [/\bset\s+not\s+null\b/, "refuses rows of the build before, which knows nothing of the column"],
  [/\badd\s+(constraint|check|unique|primary\s+key|foreign\s+key)\b/, "may refuse rows of the build before"],
  [/\btruncate\b|\bdelete\s+from\b/, "takes away rows"],
];

/**
 * Why the build before cannot run beside a migration: migrations after a schema's first may only expand it. Statements
 * about tables that the migration itself makes are free.
 */
export function* migrationProblems({ name, up }: { readonly name: string; readonly up: string }): Generator<string> {
  const text = up.toLowerCase().replaceAll(/--.*$/gm, "").replaceAll(/\s+/g, " ");
  const own = new Set([...text.matchAll(/\bcreate table (?:if not exists )?(\S+)/g)].map(([, table]) => table));
  for (const statement of text.split(";").map((part) => withoutReplaced(part.trim()))) {
    const [, table] =
      /^(?:alter table(?: if exists)?(?: only)?|create unique index .*? on) (\S+)/.exec(statement) ?? [];
    if (table !== undefined && own.has(table)) continue;
    const complaint = (why: string) => `${name}: "${statement.slice(0, 80)}" ${why}`;
    for (const [pattern, why] of contractions) if (pattern.test(statement)) yield complaint(why);
    if (/^create unique index/.test(statement)) yield complaint("may refuse rows of the build before");
    for (const [column] of statement.matchAll(/\badd (?:column )?(?!constraint\b)[^,]*/g)) {
      if (/\bnot null\b/.test(column) && !/\b(default|generated)\b/.test(column)) {
        yield complaint("adds a column that the build before does not fill");
      }
    }
  }
}

/** A constraint that takes the place of one of its name may be the wider one; whether it is, a reviewer sees. */
function withoutReplaced(statement: string): string {
  const dropped = [...statement.matchAll(/\bdrop constraint (\w+)/g)].map(([, name = ""]) => name);
  return dropped.reduce((text, name) => text.replace(new RegExp(`\\badd constraint ${name}\\b`), ""), statement);
}
