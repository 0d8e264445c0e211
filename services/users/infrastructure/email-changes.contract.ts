import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import type { UnitOfWork } from "../application/ports.ts";
import { isDecidedChange, madeChange, pendingChange, rejectedChange } from "../domain/email-change.ts";
import { changeEmail, newUser, parseEmail, parseName, parseUserId } from "../domain/user.ts";

/** Every implementation of the port runs these. */
export function emailChangesContract(name: string, open: () => { readonly uow: UnitOfWork }): void {
  const now = new Date("2026-01-01T00:00:00.123Z");
  const someEmail = () => parseEmail(`${randomUUID()}@example.com`);
  const someId = () => parseUserId(randomUUID());
  const someUser = (email = someEmail()) => newUser(someId(), parseName("Zoë"), email, now);
  const someChange = () => pendingChange(randomUUID(), someId());

  async function setup() {
    const { uow } = open();
    const user = someUser();
    await uow.run(({ users }) => users.add(user));
    const saveEmail = (email = someEmail()) => uow.run(({ users }) => users.saveEmail(changeEmail(user, email, now)));
    return { uow, user, saveEmail, find: () => uow.run(({ users }) => users.find(user.id)) };
  }

  describe(`e-mail changes contract: ${name}`, () => {
    it("stores another address, and frees the one before", async () => {
      const { uow, user, saveEmail, find } = await setup();
      const email = someEmail();
      assert.equal(await saveEmail(email), "SAVED");
      assert.deepEqual(await find(), changeEmail(user, email, now));
      assert.equal(await uow.run(({ users }) => users.add(someUser(user.email))), "ADDED");
    });

    it("says when somebody else has the address, stores nothing and leaves the transaction usable", async () => {
      const { uow, user, find } = await setup();
      const [owner, another] = [someUser(), someUser()];
      const outcomes = await uow.run(async ({ users }) => [
        await users.add(owner),
        await users.saveEmail(changeEmail(user, owner.email, now)),
        await users.add(another),
      ]);
      assert.deepEqual(outcomes, ["ADDED", "EMAIL_TAKEN", "ADDED"]);
      assert.deepEqual(await find(), user);
      assert.deepEqual(await uow.run(({ users }) => users.find(another.id)), another);
    });

    it("lets one of many who want an address have it, those who change to it and those who are new", async () => {
      const { uow } = open();
      const email = someEmail();
      const people = Array.from({ length: 5 }, () => someUser());
      for (const person of people) await uow.run(({ users }) => users.add(person));
      const outcomes = await Promise.all([
        ...people.map((person) => uow.run(({ users }) => users.saveEmail(changeEmail(person, email, now)))),
        ...people.map(() => uow.run(({ users }) => users.add(someUser(email)))),
      ]);
      assert.equal(outcomes.filter((outcome) => outcome === "EMAIL_TAKEN").length, 9);
      assert.equal(outcomes.filter((outcome) => outcome !== "EMAIL_TAKEN").length, 1);
    });

    it("gives a change as it was decided, whoever claims it and for whom", async () => {
      const { uow } = open();
      for (const decide of [madeChange, (wish: ReturnType<typeof someChange>) => rejectedChange(wish, "EMAIL_TAKEN")]) {
        const wish = someChange();
        await uow.run(async ({ emailChanges }) => {
          assert.deepEqual(await emailChanges.claim(wish), wish);
          await emailChanges.decide(decide(wish));
        });
        const again = { ...wish, userId: someId() };
        assert.deepEqual(await uow.run(({ emailChanges }) => emailChanges.claim(again)), decide(wish));
      }
    });

    it("lets one of many decide a change, and tells the others", async () => {
      const { uow } = open();
      const wish = someChange();
      let decided = 0;
      const command = () =>
        uow.run(async ({ emailChanges }) => {
          const claimed = await emailChanges.claim(wish);
          if (isDecidedChange(claimed)) return claimed;
          decided++;
          await emailChanges.decide(madeChange(claimed));
          return madeChange(claimed);
        });
      const answers = await Promise.all(Array.from({ length: 8 }, command));
      for (const answer of answers) assert.deepEqual(answer, madeChange(wish));
      assert.equal(decided, 1);
    });

    it("frees a claim whose work failed", async () => {
      const { uow } = open();
      const wish = someChange();
      const failing = uow.run(async ({ emailChanges }) => {
        await emailChanges.claim(wish);
        throw new Error("boom");
      });
      await assert.rejects(failing, /boom/);
      const again = { ...wish, userId: someId() };
      assert.deepEqual(await uow.run(({ emailChanges }) => emailChanges.claim(again)), again);
    });
  });
}
