import assert from "node:assert/strict";
import { describe, it } from "node:test";
import pg from "pg";
import { createTestDatabase } from "./postgres.ts";

describe("test databases", () => {
  it("are empty, apart from each other, and gone when dropped", async () => {
    const [one, other] = await Promise.all([createTestDatabase(), createTestDatabase()]);
    const client = new pg.Client({ connectionString: one.url });
    // Dropping the database ends the connection.
    client.on("error", (error) => assert.match(error.message, /terminat/));
    await client.connect();
    await client.query("CREATE TABLE only_here ()");
    assert.notEqual(one.url, other.url);
    await Promise.all([one.drop(), other.drop()]);
    await assert.rejects(new pg.Client({ connectionString: one.url }).connect(), /does not exist/);
  });

  it("need a server", async (t) => {
    const url = process.env.DATABASE_URL;
    t.after(() => {
      process.env.DATABASE_URL = url;
    });
    delete process.env.DATABASE_URL;
    await assert.rejects(createTestDatabase(), /DATABASE_URL is not set/);
  });
});
