import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import type { SessionOpener, SessionReader, SessionRotation, SessionView } from "../application/credential-ports.ts";
import type { UnitOfWork } from "../application/ports.ts";
import { newAccount, project } from "../domain/account.ts";
import type { Email } from "../domain/email.ts";
import type { Session } from "../domain/session.ts";

export interface SessionPorts {
  readonly uow: UnitOfWork;
  readonly opener: SessionOpener;
  readonly rotation: SessionRotation;
  readonly reader: SessionReader;
}

export const idleTtlMs = 7 * 86_400_000;
const now = new Date("2026-01-01T00:00:00.000Z");
const later = (ms: number) => new Date(now.getTime() + ms);

/** Every implementation of the session ports runs these. It must have been opened with `idleTtlMs`. */
export function sessionsContract(name: string, open: () => SessionPorts): void {
  describe(`sessions contract: ${name}`, () => {
    it("opens a session for the credentials that were checked, and lists it", async () => {
      const { account, add, reader } = await setup(open());
      const older = newSession(account.userId);
      const newer = { ...newSession(account.userId), createTime: later(1) };
      assert.equal(await add(older, account.credentialVersion), true);
      assert.equal(await add(newer, account.credentialVersion), true);
      assert.deepEqual(await reader.list(account.userId, later(2)), [newer, older].map(toView));
    });

    it("security 19: opens none for other credentials, another status or nobody", async () => {
      const { account, add, change, reader } = await setup(open());
      assert.equal(await add(newSession(account.userId), account.credentialVersion + 1), false);
      assert.equal(await add(newSession(randomUUID()), 1), false);
      const { credentialVersion } = await change("SUSPENDED");
      assert.equal(await add(newSession(account.userId), credentialVersion), false);
      assert.deepEqual(await reader.list(account.userId, now), []);
    });

    it("revokes a session of its user, once", async () => {
      const { uow, account, rotation, opened } = await setup(open());
      const session = await opened();
      const revoke = (userId: string) =>
        uow.run(({ sessions }) => sessions.revoke(session.id, userId, "LOGOUT", later(1)));
      assert.equal(await revoke(randomUUID()), false);
      assert.equal(await revoke(account.userId), true);
      assert.equal(await revoke(account.userId), false);
      assert.equal(await rotation.find(session.id, later(2)), null);
      assert.equal(await rotation.rotate(session.id, 1, later(2)), null);
    });

    it("security 19: revokes every session of a user, and nobody else's", async () => {
      const ports = open();
      const [ada, eve] = [await setup(ports), await setup(ports)];
      const [first, second, other] = [await ada.opened(), await ada.opened(), await eve.opened()];
      await ports.uow.run(({ sessions }) => sessions.revokeAll(ada.account.userId, "PASSWORD_CHANGED", later(1)));
      assert.equal(await ports.rotation.find(first.id, later(2)), null);
      assert.equal(await ports.rotation.find(second.id, later(2)), null);
      assert.equal((await ports.rotation.find(other.id, later(2)))?.id, other.id);
    });

    it("finds what the next tokens are made of", async () => {
      const { account, rotation, opened } = await setup(open());
      const { id, userId, salt, counter, rotateTime } = await opened();
      const found = await rotation.find(id, later(1));
      assert.ok(found);
      const { roles, emailVerified } = account;
      assert.deepEqual(
        { ...found, salt: hex(found.salt) },
        {
          ...{ id, userId, salt: hex(salt), counter, rotateTime, roles, emailVerified },
        },
      );
      assert.equal(await rotation.find(randomUUID(), later(1)), null);
    });

    it("security 15: of 20 rotations at once, one succeeds", async () => {
      const { rotation, opened } = await setup(open());
      const { id } = await opened();
      const results = await Promise.all(Array.from({ length: 20 }, () => rotation.rotate(id, 1, later(1))));
      const successes = results.filter((result) => result !== null);
      assert.deepEqual(
        successes.map(({ counter, rotateTime }) => [counter, rotateTime]),
        [[2, later(1)]],
      );
      assert.equal((await rotation.find(id, later(2)))?.counter, 2);
    });

    it("security 18: a rotation extends the idle limit, not the absolute one", async () => {
      const { rotation, opened } = await setup(open());
      const { id, expireTime } = await opened();
      assert.equal(await rotation.rotate(id, 1, later(idleTtlMs)), null);
      assert.equal((await rotation.rotate(id, 1, later(idleTtlMs - 1)))?.counter, 2);
      assert.equal((await rotation.rotate(id, 2, later(idleTtlMs + 1)))?.counter, 3);
      for (
        let counter = 3, ms = 2 * idleTtlMs;
        ms < expireTime.getTime() - now.getTime();
        counter++, ms += idleTtlMs / 2
      ) {
        assert.equal((await rotation.rotate(id, counter, later(ms)))?.counter, counter + 1);
      }
      assert.notEqual(await rotation.find(id, new Date(expireTime.getTime() - 1)), null);
      assert.equal(await rotation.find(id, expireTime), null);
    });

    it("security 19: rotates nothing for an account that is not ACTIVE", async () => {
      const { rotation, opened, change } = await setup(open());
      const { id } = await opened();
      await change("SUSPENDED");
      assert.equal(await rotation.find(id, later(1)), null);
      assert.equal(await rotation.rotate(id, 1, later(1)), null);
    });

    it("does not list what is past a limit", async () => {
      const { account, reader, opened } = await setup(open());
      await opened();
      assert.equal((await reader.list(account.userId, later(idleTtlMs - 1))).length, 1);
      assert.equal((await reader.list(account.userId, later(idleTtlMs))).length, 0);
    });
  });
}

function newSession(userId: string): Session {
  return {
    id: randomUUID(),
    userId,
    salt: Uint8Array.from(randomBytes(16)),
    counter: 1,
    rotateTime: now,
    userAgent: "test/1.0",
    ipAddress: "2001:db8::1",
    createTime: now,
    lastUsedTime: now,
    expireTime: later(30 * 86_400_000),
  };
}

/** Somebody who may come in. */
async function setup(ports: SessionPorts) {
  const userId = randomUUID();
  const user = { userId, email: `${userId}@example.com` as Email, status: "ACTIVE" as const, version: 1 };
  const account = newAccount(user, now);
  await ports.uow.run(({ accounts }) => accounts.add(account));
  const add = ports.opener.open;
  return {
    ...ports,
    account,
    add,
    async opened() {
      const session = newSession(userId);
      assert.equal(await add(session, account.credentialVersion), true);
      return session;
    },
    async change(status: "SUSPENDED") {
      const changed = project(account, { ...user, status, version: 2 }, now);
      await ports.uow.run(({ accounts }) => accounts.save(changed));
      return changed;
    },
  };
}

const toView = ({ id, createTime, lastUsedTime, userAgent, ipAddress }: Session): SessionView => ({
  id,
  createTime,
  lastUsedTime,
  userAgent,
  ipAddress,
});

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
