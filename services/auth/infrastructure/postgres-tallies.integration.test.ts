import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { openDatabase } from "../../platform/database/database.ts";
import { guardContract } from "./guard.contract.ts";
import { testGuessRules } from "./in-memory-access.fixture.ts";
import { createPostgresTallies } from "./postgres-tallies.ts";
import { createTallyGuard } from "./tally-guard.ts";
import { openAuthDatabase, silent } from "./test-database.fixture.ts";

let auth: Awaited<ReturnType<typeof openAuthDatabase>>;
before(async () => {
  auth = await openAuthDatabase();
});
beforeEach(async () => void (await auth.db.pool.query("delete from auth.tallies")));
after(() => auth.close());

guardContract("PostgreSQL", () => createPostgresTallies(auth.db));

describe("tallies in PostgreSQL", () => {
  it("evaluate no guess while the database is away", async (t) => {
    const url = "postgresql://nobody@127.0.0.1:1/nothing";
    const away = await openDatabase({ url, entities: [], applicationName: "auth test", poolSize: 2, log: silent });
    t.after(() => away.close());
    const guard = createTallyGuard({
      tallies: createPostgresTallies(away),
      rules: testGuessRules,
      masterKey: new Uint8Array(32),
      clock: auth.clock,
      audit: async () => {},
    });
    const guess = { email: "ada@example.com", ipAddress: "192.0.2.1", userId: null };
    const guessing = guard.password(guess, async () => assert.fail("it was evaluated"));
    await assert.rejects(guessing, { kind: "unavailable", reason: "DEPENDENCY_UNAVAILABLE" });
  });

  it("security 9: keep no address and no network, only digests of them", async () => {
    const guard = createTallyGuard({
      tallies: createPostgresTallies(auth.db),
      rules: testGuessRules,
      masterKey: new Uint8Array(32),
      clock: auth.clock,
      audit: async () => {},
    });
    await guard.password({ email: "ada@example.com", ipAddress: "192.0.2.1", userId: null }, async () => null);
    await guard.mail("ada@example.com", "192.0.2.1");
    const { rows } = await auth.db.pool.query<{ row: string }>("select t::text as row from auth.tallies t");
    assert.ok(rows.length >= 5);
    for (const { row } of rows) assert.doesNotMatch(row, /ada|example|192\.0/);
  });
});
