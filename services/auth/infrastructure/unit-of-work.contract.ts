import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import type { AccountReader, RegistrationReader, UnitOfWork } from "../application/ports.ts";
import { newAccount, withPassword } from "../domain/account.ts";
import type { Email } from "../domain/email.ts";
import { accepted, completed, creating, type Registration } from "../domain/registration.ts";

interface Opened {
  readonly uow: UnitOfWork;
  readonly registrations: RegistrationReader;
  readonly accounts: AccountReader;
}

const now = new Date("2026-01-01T00:00:00.000Z");
const later = (ms: number) => new Date(now.getTime() + ms);
const anyKeys = new Date(0);

/** Every implementation of the port runs these, so the fake cannot drift from PostgreSQL. */
export function unitOfWorkContract(name: string, open: () => Opened): void {
  const ada = (idempotencyKey: string | null = null): Registration =>
    accepted(
      {
        id: randomUUID(),
        userId: randomUUID(),
        applicant: {
          name: "Ada",
          email: `${randomUUID()}@example.com` as Email,
          passwordHash: "$argon2id$…",
          locale: "es",
          emailVerified: true,
        },
        idempotencyKey,
        requestHash: Uint8Array.of(1, 2, 3),
      },
      now,
      later(5_000),
    );
  const account = (userId = randomUUID()) =>
    newAccount({ userId, email: `${userId}@example.com` as Email, status: "ACTIVE", version: 1 }, now);

  describe(`auth UnitOfWork contract: ${name}`, () => {
    it("keeps a registration, each of its steps, and forgets the applicant at its end", async () => {
      const { uow, registrations } = open();
      const registration = ada("key-".concat(randomUUID()));
      assert.equal(await uow.run((tx) => tx.registrations.add(registration, anyKeys)), true);
      assert.deepEqual(await registrations.find(registration.id), registration);
      const next = creating(registration, later(1), later(6_000));
      await uow.run((tx) => tx.registrations.save(next));
      assert.deepEqual(await uow.run((tx) => tx.registrations.findByUserId(registration.userId)), next);
      await uow.run((tx) => tx.registrations.save(completed(next, later(2))));
      const end = await registrations.find(registration.id);
      assert.deepEqual([end?.state, end?.applicant, end?.nextSendTime], ["COMPLETED", null, null]);
    });

    it("keeps nothing when the work throws, the claim of its message included", async () => {
      const { uow, registrations } = open();
      const registration = ada();
      const messageId = randomUUID();
      const failing = uow.runOnce(messageId, async (tx) => {
        await tx.registrations.add(registration, anyKeys);
        throw new Error("boom");
      });
      await assert.rejects(failing, /boom/);
      assert.equal(await registrations.find(registration.id), null);
      await uow.runOnce(messageId, async (tx) => void (await tx.registrations.add(registration, anyKeys)));
      assert.notEqual(await registrations.find(registration.id), null);
    });

    it("does a message's work once, however many come at the same time", async () => {
      const { uow } = open();
      const messageId = randomUUID();
      let effects = 0;
      const deliver = () =>
        uow.runOnce(messageId, async (tx) => {
          effects++;
          await tx.accounts.add(account());
        });
      await Promise.all(Array.from({ length: 8 }, deliver));
      await deliver();
      assert.equal(effects, 1);
    });

    it("lets one of many simultaneous registrations have an idempotency key", async () => {
      const { uow } = open();
      const key = `key-${randomUUID()}`;
      const added = await Promise.all(
        Array.from({ length: 8 }, () => uow.run((tx) => tx.registrations.add(ada(key), anyKeys))),
      );
      assert.equal(added.filter(Boolean).length, 1);
    });

    it("gives an idempotency key that is past its time to the next registration", async () => {
      const { uow, registrations } = open();
      const key = `key-${randomUUID()}`;
      const [first, second] = [ada(key), ada(key)];
      await uow.run((tx) => tx.registrations.add(first, anyKeys));
      assert.equal((await registrations.findByIdempotencyKey(key, now))?.id, first.id);
      assert.equal(await registrations.findByIdempotencyKey(key, later(1)), null);
      assert.equal(await uow.run((tx) => tx.registrations.add(second, later(1))), true);
      assert.equal((await registrations.findByIdempotencyKey(key, anyKeys))?.id, second.id);
    });

    it("finds what is due, and passes over what another unit of work holds", async () => {
      const { uow } = open();
      const due = { ...ada(), nextSendTime: new Date("2000-01-01T00:00:00Z") };
      await uow.run((tx) => tx.registrations.add(due, anyKeys));
      const at = new Date("2000-01-01T00:00:01Z");
      const found = await uow.run((tx) => tx.registrations.findDue(at, 1_000));
      assert.deepEqual(
        found.filter(({ id }) => id === due.id),
        [due],
      );
      await uow.run((tx) => tx.registrations.save({ ...due, nextSendTime: null }));
      const after = await uow.run((tx) => tx.registrations.findDue(at, 1_000));
      assert.equal(
        after.some(({ id }) => id === due.id),
        false,
      );
    });

    it("lets one of many simultaneous events make an account, and keeps changes to it", async () => {
      const { uow, accounts } = open();
      const first = account();
      const added = await Promise.all(
        Array.from({ length: 8 }, () => uow.run((tx) => tx.accounts.add({ ...first, userVersion: 1 }))),
      );
      assert.equal(added.filter(Boolean).length, 1);
      const changed = withPassword(first, "$argon2id$…", later(1));
      await uow.run((tx) => tx.accounts.save(changed));
      assert.deepEqual(await accounts.find(first.userId), changed);
      assert.deepEqual(await uow.run((tx) => tx.accounts.find(first.userId)), changed);
    });

    it("finds the account that had an address last, in a unit of work", async () => {
      const { uow } = open();
      const email = `${randomUUID()}@example.com` as Email;
      const find = () => uow.run((tx) => tx.accounts.findByEmail(email));
      assert.equal(await find(), null);
      const older = { ...account(), email };
      const newer = { ...account(), email, updateTime: later(1) };
      await uow.run(async (tx) => [await tx.accounts.add(newer), await tx.accounts.add(older)]);
      assert.deepEqual(await find(), newer);
    });

    it("finds the account that may log in, where several have had the address", async () => {
      const { uow, accounts } = open();
      const email = `${randomUUID()}@example.com` as Email;
      const gone = { ...account(), email, status: "DELETED" as const, userVersion: 7 };
      const live = withPassword({ ...account(), email }, "$argon2id$…", now);
      await uow.run(async (tx) => [await tx.accounts.add(gone), await tx.accounts.add(live)]);
      assert.equal((await accounts.findByEmail(email))?.userId, live.userId);
    });
  });
}
