import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { openOpsDatabase, runOps } from "./program.fixture.ts";

describe("npm run ops -- audit prune", () => {
  let test: Awaited<ReturnType<typeof openOpsDatabase>>;
  before(async () => {
    test = await openOpsDatabase();
    await test.rows(
      `insert into auth.audit_events (id, type, occur_time, details)
       select gen_random_uuid(), 'login_failed', timestamptz '2025-01-01Z' + day * interval '1 day', '{}'
       from generate_series(0, 364) day, generate_series(1, 60)`,
    );
  });
  after(() => test.drop());

  const events = async () =>
    Object.fromEntries(
      (await test.rows("select type, count(*)::integer as n from auth.audit_events group by 1")).map(({ type, n }) => [
        type,
        n,
      ]),
    );

  it("tells what it would forget, and forgets nothing unless somebody says so", async () => {
    assert.deepEqual((await test.owner("audit", "prune", "--before", "2025-07-01", "--dry-run", "--json")).json, {
      dryRun: true,
      before: "2025-07-01T00:00:00.000Z",
      count: 10_860,
    });
    const no = await test.ownerAnsweredNo("audit", "prune", "--before", "2025-07-01");
    assert.deepEqual(
      [no.code, no.questions],
      [1, ["Forget 10860 events from before 2025-07-01T00:00:00.000Z for good?"]],
    );
    assert.deepEqual(await events(), { login_failed: 21_900 });
  });

  it("security 30: forgets what is older, in batches, and leaves an event that tells of it", async () => {
    const { out } = await test.owner("audit", "prune", "--before", "2025-07-01", "--yes");
    assert.equal(out, "Forgot 10860 events from before 2025-07-01T00:00:00.000Z.\n");
    assert.deepEqual(await events(), { login_failed: 11_040, audit_pruned: 1 });
    const [event] = await test.rows("select actor, details from auth.audit_events where type = 'audit_pruned'");
    assert.deepEqual(event, { actor: "operator", details: { before: "2025-07-01T00:00:00.000Z" } });
    const again = await test.owner("audit", "prune", "--before", "2025-07-01");
    assert.equal(again.out, "Forgot 0 events from before 2025-07-01T00:00:00.000Z.\n");
    assert.deepEqual(await events(), { login_failed: 11_040, audit_pruned: 1 });
  });

  it("is nothing that the service's own role could be used for", async () => {
    const run = await runOps({ AUTH_DATABASE_URL: "postgresql://auth@127.0.0.1/limen" }, [
      "audit",
      "prune",
      "--before",
      "1d",
    ]);
    assert.equal(run.code, 2);
    assert.match(run.notes, /MIGRATIONS_DATABASE_URL must be set/);
  });
});
