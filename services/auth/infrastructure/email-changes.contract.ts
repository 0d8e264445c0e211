import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import type { EmailChangeProgress, UnitOfWork } from "../application/ports.ts";
import { newAccount } from "../domain/account.ts";
import type { Email } from "../domain/email.ts";
import { changing, completedChange, type EmailChange, rejectedChange } from "../domain/email-change.ts";
import { sentAgain } from "../domain/saga.ts";

interface Opened {
  readonly uow: UnitOfWork;
  /** What those who wait for a change see. */
  readonly progress: (ids: readonly string[]) => Promise<ReadonlyMap<string, EmailChangeProgress>>;
}

const now = new Date("2026-01-01T00:00:00.123Z");
const later = (ms: number) => new Date(now.getTime() + ms);

/** Every implementation of the port runs these. */
export function emailChangesContract(name: string, open: () => Opened): void {
  async function setup({ uow, progress } = open()) {
    const userId = randomUUID();
    const from = `${userId}@example.com` as Email;
    await uow.run(({ accounts }) =>
      accounts.add(newAccount({ userId, email: from, status: "ACTIVE", version: 1 }, now)),
    );
    const next = (sessionId: string | null = randomUUID(), nextSendTime = later(5_000)): EmailChange => {
      const addresses = { from, to: `new-${userId}@example.com` as Email };
      return changing({ id: randomUUID(), userId, addresses, sessionId }, now, nextSendTime);
    };
    return {
      ...{ uow, progress, next },
      add: (change: EmailChange) => uow.run(({ emailChanges }) => emailChanges.add(change)),
      save: (change: EmailChange) => uow.run(({ emailChanges }) => emailChanges.save(change)),
      find: (id: string) => uow.run(({ emailChanges }) => emailChanges.find(id)),
      findDue: (at: Date) => uow.run(({ emailChanges }) => emailChanges.findDue(at, 1_000)),
    };
  }

  describe(`e-mail changes contract: ${name}`, () => {
    it("keeps a change, each of its steps, and forgets the addresses at its end", async () => {
      const { next, add, save, find, progress } = await setup();
      for (const change of [next(), next(null)]) {
        assert.equal(await find(change.id), null);
        assert.equal((await progress([change.id])).size, 0);
        assert.equal(await add(change), true);
        assert.deepEqual(await find(change.id), change);
        const again = sentAgain(change, later(1), later(9_000));
        await save(again);
        assert.deepEqual(await find(change.id), again);
        const end = rejectedChange(again, "EMAIL_TAKEN", later(2));
        await save(end);
        assert.deepEqual(await find(change.id), end);
        const seen = (await progress([change.id, randomUUID()])).get(change.id);
        assert.deepEqual([seen?.state, seen?.createTime], ["REJECTED", now]);
      }
    });

    it("adds one of many changes of an account, and the next one when that is finished", async () => {
      const { next, add, save, find } = await setup();
      const many = Array.from({ length: 8 }, () => next());
      const added = await Promise.all(many.map(add));
      assert.equal(added.filter(Boolean).length, 1);
      const one = many[added.indexOf(true)] ?? assert.fail();
      const refused = many.find((change) => change !== one) ?? assert.fail();
      assert.equal(await find(refused.id), null);
      await save(completedChange(one, later(1)));
      assert.equal(await add(refused), true);
    });

    it("leaves the transaction usable when it refuses one", async () => {
      const { uow, next, find } = await setup();
      const [first, second] = [next(), next()];
      const added = await uow.run(async ({ emailChanges }) => [
        await emailChanges.add(first),
        await emailChanges.add(second),
        (await emailChanges.find(first.id))?.id,
      ]);
      assert.deepEqual(added, [true, false, first.id]);
      assert.deepEqual(await find(first.id), first);
    });

    it("finds what is due, the earliest first", async () => {
      const opened = open();
      const [one, other, third] = [await setup(opened), await setup(opened), await setup(opened)];
      const early = one.next(null, new Date("2000-01-01T00:00:00Z"));
      const late = other.next(null, new Date("2000-01-02T00:00:00Z"));
      const never = third.next(null, new Date("2000-01-03T00:00:00Z"));
      await other.add(late);
      await one.add(early);
      await third.add(never);
      const mine = new Set([early.id, late.id, never.id]);
      const due = async (at: string) => (await one.findDue(new Date(at))).filter(({ id }) => mine.has(id));
      assert.deepEqual(await due("1999-12-31T00:00:00Z"), []);
      assert.deepEqual(await due("2000-01-02T00:00:00Z"), [early, late]);
      await one.save(completedChange(early, later(1)));
      assert.deepEqual(await due("2000-01-02T00:00:00Z"), [late]);
    });
  });
}
