import pg from "pg";
import { authSchema } from "../../services/auth/infrastructure/migrations.ts";
import { migrateSchema } from "../../services/platform/database/migrate.ts";
import { usersSchema } from "../../services/users/infrastructure/migrations.ts";
import { createTestDatabase } from "../../tests/support/postgres.ts";
import { Incomplete } from "./exit.ts";
import { runProgram } from "./program.ts";
import type { Terminal } from "./terminal.ts";

export interface Run {
  readonly code: number;
  readonly out: string;
  readonly notes: string;
  /** Of `--json`. */
  readonly json: ReturnType<typeof JSON.parse>;
  /** What it asked before it acted. */
  readonly questions: readonly string[];
}

/** The program as it is run from a terminal at which somebody answers every question so. */
export async function runOps(env: NodeJS.ProcessEnv, args: readonly string[], answer = true): Promise<Run> {
  let out = "";
  let notes = "";
  const questions: string[] = [];
  const terminal: Terminal = {
    print: (text) => {
      out += text;
    },
    note: (line) => {
      notes += `${line}\n`;
    },
    progress: () => ({ advance: () => undefined, end: () => undefined }),
    async confirm(question) {
      questions.push(question);
      if (!answer) throw new Incomplete("Nothing was changed.");
    },
  };
  const code = await runProgram({ env, terminal }, args);
  return { code, out, notes, questions, json: args.includes("--json") && out !== "" ? JSON.parse(out) : undefined };
}

/** A database with both schemas, and the program on it. */
export async function openOpsDatabase() {
  const database = await createTestDatabase();
  for (const schema of [usersSchema, authSchema]) await migrateSchema(database.url, schema);
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const env = { USERS_DATABASE_URL: database.url, AUTH_DATABASE_URL: database.url };
  const owner = { MIGRATIONS_DATABASE_URL: database.url };
  return {
    client,
    ops: (...args: string[]) => runOps(env, args),
    opsAnsweredNo: (...args: string[]) => runOps(env, args, false),
    /** As somebody who has the owner's URL. */
    owner: (...args: string[]) => runOps(owner, args),
    ownerAnsweredNo: (...args: string[]) => runOps(owner, args, false),
    async rows(query: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
      return (await client.query(query, values)).rows;
    },
    async drop() {
      await client.end();
      await database.drop();
    },
  };
}
