import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import pg from "pg";
import { createTestDatabase, type TestDatabase } from "../../../tests/support/postgres.ts";
import { migrateSchema, type SqlMigration } from "./migrate.ts";

const first: SqlMigration = { name: "0001-books", up: "create table library.books (id integer primary key)" };
const second: SqlMigration = {
  name: "0002-loans",
  up: "create table library.loans (book integer references library.books); insert into library.books values (1), (2)",
};

describe("migrateSchema", () => {
  let test: TestDatabase;
  let client: pg.Client;
  beforeEach(async () => {
    test = await createTestDatabase();
    client = new pg.Client({ connectionString: test.url });
    await client.connect();
    await client.query("create schema library");
  });
  afterEach(async () => {
    await client.end();
    await test.drop();
  });

  const migrate = (...migrations: SqlMigration[]) => migrateSchema(test.url, { schema: "library", migrations });
  const tables = async (): Promise<string[]> => {
    const { rows } = await client.query("select tablename from pg_tables where schemaname = 'library' order by 1");
    return rows.map(({ tablename }) => tablename);
  };

  it("makes in order what is not made yet, and nothing twice", async () => {
    assert.deepEqual(await migrate(first), ["0001-books"]);
    assert.deepEqual(await tables(), ["books", "migrations"]);
    assert.deepEqual(await migrate(first, second), ["0002-loans"]);
    assert.deepEqual(await migrate(first, second), []);
    assert.deepEqual(await tables(), ["books", "loans", "migrations"]);
    assert.deepEqual((await client.query("select id from library.books")).rows, [{ id: 1 }, { id: 2 }]);
  });

  it("keeps nothing of a run in which one fails, so that it can be made right and run again", async () => {
    const wrong = {
      name: "0002-loans",
      up: "create table library.loans (book uuid); insert into library.loans values (7)",
    };
    await assert.rejects(migrate(first, wrong));
    assert.ok(!(await tables()).includes("loans"));
    await migrate(first, second);
    assert.deepEqual(await tables(), ["books", "loans", "migrations"]);
  });
});
