import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, it } from "node:test";
import pg from "pg";
import { createTestDatabase, type TestDatabase } from "../../tests/support/postgres.ts";
import { migrate, prepareDatabase, type ServiceUrls } from "./migrate.ts";

describe("migrate", () => {
  const suffix = randomBytes(6).toString("hex");
  const roles = { users: `users_${suffix}`, auth: `auth_${suffix}` };
  let test: TestDatabase;
  let owner: pg.Client;
  let urls: ServiceUrls;

  before(async () => {
    test = await createTestDatabase();
    urls = { usersUrl: urlOf(roles.users, "it's a 'secret'"), authUrl: urlOf(roles.auth, "p@ss:word/%?#") };
    owner = new pg.Client({ connectionString: test.url });
    await owner.connect();
  });
  after(async () => {
    for (const role of Object.values(roles)) await owner.query(`drop owned by ${role}; drop role ${role}`);
    await owner.end();
    await test.drop();
  });

  const urlOf = (role: string, password: string): string => {
    const url = new URL(test.url);
    url.username = role;
    url.password = encodeURIComponent(password);
    return url.href;
  };
  const asRole = async <T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  };
  /** 42501: insufficient_privilege. */
  const denied = (client: pg.Client, statement: string) =>
    assert.rejects(client.query(statement), { code: "42501" }, `was allowed: ${statement}`);

  it("is safe to run by two at once, of which one does the work", async () => {
    const [one, other] = await Promise.all([migrate(test.url, urls), migrate(test.url, urls)]);
    assert.deepEqual(
      [...one, ...other],
      ["0001-users", "0002-users-email-changes", "0001-auth", "0002-auth-email-changes"],
    );
  });

  it("does nothing at the second time", async () => {
    assert.deepEqual(await migrate(test.url, urls), []);
  });

  it("lets each role use its own tables", async () => {
    await asRole(urls.usersUrl, async (client) => {
      await client.query(
        "insert into users.users values (gen_random_uuid(), 'ada@example.com', 'Ada', 'ACTIVE', 1, now(), now())",
      );
      await client.query("update users.users set name = 'Augusta'");
      assert.deepEqual((await client.query("delete from users.users returning name")).rows, [{ name: "Augusta" }]);
    });
    await asRole(urls.authUrl, async (client) => {
      assert.deepEqual((await client.query("select * from auth.accounts")).rows, []);
    });
  });

  it("security 32: shows neither role anything of the other's schema", async () => {
    const own = { users: "users.users", auth: "auth.accounts" };
    for (const [url, other] of [
      [urls.usersUrl, "auth"],
      [urls.authUrl, "users"],
    ] as const) {
      await asRole(url, async (client) => {
        const { rows } = await owner.query("select tablename from pg_tables where schemaname = $1", [other]);
        assert.ok(rows.length >= 5);
        for (const { tablename } of rows) await denied(client, `select * from ${other}.${tablename}`);
        await denied(client, `delete from ${own[other]}`);
        await denied(client, `insert into ${other}.outbox default values`);
        await denied(client, `set role ${roles[other]}`);
      });
    }
  });

  it("security 32: lets neither role run DDL, nor change what was migrated", async () => {
    for (const [url, schema] of [
      [urls.usersUrl, "users"],
      [urls.authUrl, "auth"],
    ] as const) {
      await asRole(url, async (client) => {
        await denied(client, `create table ${schema}.mine ()`);
        await denied(client, "create table public.mine ()");
        await denied(client, "create schema mine");
        await denied(client, "create role mine");
        await denied(client, `drop table ${schema}.outbox`);
        await denied(client, `alter table ${schema}.outbox add column mine integer`);
        await denied(client, `create index on ${schema}.outbox (source)`);
        await denied(client, `truncate ${schema}.inbox`);
        await denied(client, `delete from ${schema}.migrations`);
        await denied(client, "copy (select 1) to program 'true'");
      });
    }
    const { rows } = await owner.query(
      "select rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls as mighty from pg_roles where rolname = any($1)",
      [Object.values(roles)],
    );
    assert.deepEqual(rows, [{ mighty: false }, { mighty: false }]);
  });

  it("security 30: lets auth add to the audit trail and read it, and neither change nor shorten it", async () => {
    await asRole(urls.authUrl, async (client) => {
      await client.query(
        "insert into auth.audit_events values (gen_random_uuid(), 'login_failed', now(), null, null, null, null, '{}')",
      );
      assert.equal((await client.query("select type from auth.audit_events")).rows.length, 1);
      await denied(client, "update auth.audit_events set type = 'nothing_happened'");
      await denied(client, "delete from auth.audit_events");
      await denied(client, "truncate auth.audit_events");
      await denied(client, "drop table auth.audit_events");
    });
  });

  it("prepares a development database by one URL, the same roles each time", async () => {
    const [one, other] = await Promise.all([
      prepareDatabase({ databaseUrl: test.url }),
      prepareDatabase({ databaseUrl: test.url }),
    ]);
    assert.deepEqual(one, other);
    for (const [url, role] of [
      [one.usersUrl, "limen_users"],
      [one.authUrl, "limen_auth"],
    ] as const) {
      const { rows } = await asRole(url, (client) => client.query("select current_user as role"));
      assert.deepEqual(rows, [{ role }]);
    }
    assert.notEqual(new URL(one.usersUrl).password, new URL(one.authUrl).password);
  });
});
