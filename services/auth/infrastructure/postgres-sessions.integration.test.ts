import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import type { StatementRunner } from "../../platform/database/read-pipeline.ts";
import { uuidv7 } from "../../platform/ids.ts";
import { newAccount, project } from "../domain/account.ts";
import type { Email } from "../domain/email.ts";
import type { Session } from "../domain/session.ts";
import { createPostgresPasswordHashes } from "./postgres-password-hashes.ts";
import { createPostgresSessionOpener } from "./postgres-session-opener.ts";
import { createPostgresSessionReader, createRevokedSessionReader } from "./postgres-session-reader.ts";
import { createPostgresSessionRotation } from "./postgres-session-rotation.ts";
import { idleTtlMs, sessionsContract } from "./sessions.contract.ts";
import { openAuthDatabase, silent } from "./test-database.fixture.ts";

let auth: Awaited<ReturnType<typeof openAuthDatabase>>;
before(async () => {
  auth = await openAuthDatabase();
});
after(() => auth.close());

sessionsContract("PostgreSQL", () => ({
  uow: auth.uow,
  opener: openerOn(auth.db.pool),
  rotation: createPostgresSessionRotation({ ...auth.db, idleTtlMs }),
  reader: createPostgresSessionReader({ ...auth.db, idleTtlMs }),
}));

describe("sessions in PostgreSQL", () => {
  it("security 19: a suspension under way is waited for, and then no session is opened", async () => {
    const { account, session, suspend } = await somebody();
    const locked = Promise.withResolvers<void>();
    const mayCommit = Promise.withResolvers<void>();
    const suspension = suspend(async () => {
      locked.resolve();
      await mayCommit.promise;
    });
    await locked.promise;
    const opening = openerOn(auth.db.pool).open(session, account.credentialVersion);
    await untilSomebodyWaitsForALock();
    mayCommit.resolve();
    await suspension;
    assert.equal(await opening, false);
  });

  it("security 19: a session that was opened first is ended by the suspension that had to wait for it", async () => {
    const { account, session, suspend } = await somebody();
    const client = await auth.db.pool.connect();
    await client.query("begin");
    assert.equal(await openerOn(client).open(session, account.credentialVersion), true);
    const suspension = suspend(async () => {});
    await untilSomebodyWaitsForALock();
    await client.query("commit");
    client.release();
    await suspension;
    const revoked = await createRevokedSessionReader(auth.db.pool)(new Date(0));
    assert.equal(
      revoked.some(({ sessionId }) => sessionId === session.id),
      true,
    );
  });

  it("moves on what is asked for in one turn with one statement, and each session by its own counter", async () => {
    const opened = await Promise.all([1, 2, 3].map(() => somebody()));
    for (const { account, session } of opened) await openerOn(auth.db.pool).open(session, account.credentialVersion);
    const ids = opened.map(({ session }) => session.id);
    const statements: (string | undefined)[] = [];
    const run = auth.db.pool.query.bind(auth.db.pool) as (...args: unknown[]) => Promise<never>;
    const pool = {
      query(statement: { readonly name?: string }, ...rest: unknown[]) {
        statements.push(statement.name);
        return run(statement, ...rest);
      },
    } as unknown as typeof auth.db.pool;
    const rotation = createPostgresSessionRotation({ ...auth.db, pool, idleTtlMs });
    const rotate = (counters: readonly number[]) =>
      Promise.all(counters.map(async (n, i) => (await rotation.rotate(ids[i] ?? "", n, new Date()))?.counter ?? null));

    assert.deepEqual(await rotate([1, 1, 1]), [2, 2, 2]);
    assert.deepEqual(statements.splice(0), ["sessions_rotate"]);
    assert.deepEqual(await rotate([2, 1, 3]), [3, null, null]);
    assert.deepEqual(statements.splice(0), ["sessions_rotate", "session_rotate", "session_rotate"]);
  });

  it("waits for whoever changes a session before it moves that on, and holds up no other", async () => {
    const [busy, free] = [await somebody(), await somebody()];
    for (const { account, session } of [busy, free]) {
      await openerOn(auth.db.pool).open(session, account.credentialVersion);
    }
    const rotation = createPostgresSessionRotation({ ...auth.db, idleTtlMs });
    const client = await auth.db.pool.connect();
    await client.query("begin");
    await client.query("update auth.sessions set revoke_time = now() where id = $1", [busy.session.id]);
    const ofBusy = rotation.rotate(busy.session.id, 1, new Date());
    const ofFree = rotation.rotate(free.session.id, 1, new Date());
    assert.equal((await ofFree)?.counter, 2);
    await untilSomebodyWaitsForALock();
    await client.query("commit");
    client.release();
    assert.equal(await ofBusy, null);
  });

  it("tells which sessions were revoked at or after a time", async () => {
    const { account, session } = await somebody();
    const revokeTime = new Date("2026-03-01T12:00:00.000Z");
    await openerOn(auth.db.pool).open(session, account.credentialVersion);
    await auth.uow.run(({ sessions }) => sessions.revoke(session.id, account.userId, "LOGOUT", revokeTime));
    const revokedSince = createRevokedSessionReader(auth.db.pool);
    const own = async (since: Date) => (await revokedSince(since)).filter(({ sessionId }) => sessionId === session.id);
    assert.deepEqual(await own(revokeTime), [{ sessionId: session.id, revokeTime }]);
    assert.deepEqual(await own(new Date(revokeTime.getTime() + 1)), []);
  });

  it("replaces a password hash only while it is the one that was verified", async () => {
    const { account } = await somebody();
    const hashes = createPostgresPasswordHashes(auth.db.pool);
    const stored = () => auth.uow.run(async ({ accounts }) => (await accounts.find(account.userId))?.passwordHash);
    await auth.uow.run(({ accounts }) => accounts.save({ ...account, passwordHash: "old" }));
    await hashes.replace(account.userId, "another", "new");
    assert.equal(await stored(), "old");
    await hashes.replace(account.userId, "old", "new");
    assert.equal(await stored(), "new");
  });
});

const openerOn = (pool: StatementRunner) =>
  createPostgresSessionOpener({ pool, clock: { now: () => new Date() }, ids: { next: () => uuidv7() }, log: silent });

async function somebody() {
  const userId = randomUUID();
  const now = new Date();
  const user = { userId, email: `${userId}@example.com` as Email, status: "ACTIVE" as const, version: 1 };
  const account = newAccount(user, now);
  await auth.uow.run(({ accounts }) => accounts.add(account));
  const session: Session = {
    id: randomUUID(),
    userId,
    salt: new Uint8Array(16),
    counter: 1,
    rotateTime: now,
    userAgent: "",
    ipAddress: "",
    createTime: now,
    lastUsedTime: now,
    expireTime: new Date(now.getTime() + 60_000),
  };
  /** As an event of users-service does it: the account's lock first, its sessions last. */
  const suspend = (meanwhile: () => Promise<void>) =>
    auth.uow.run(async ({ accounts, sessions }) => {
      const known = await accounts.find(userId);
      assert.ok(known);
      await accounts.save(project(known, { ...user, status: "SUSPENDED", version: 2 }, now));
      await meanwhile();
      await sessions.revokeAll(userId, "USER_SUSPENDED", now);
    });
  return { account, session, suspend };
}

async function untilSomebodyWaitsForALock(): Promise<void> {
  const deadline = Date.now() + 900;
  while (Date.now() < deadline) {
    const { rows } = await auth.db.pool.query<{ waiting: number }>(
      `select count(*)::int as waiting from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock'`,
    );
    if ((rows[0]?.waiting ?? 0) > 0) return;
  }
  assert.fail("nobody waits for a lock");
}
