import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { created, pending, rejected } from "../domain/creation.ts";
import { newUser, parseEmail, parseName, parseUserId, suspend } from "../domain/user.ts";
import { openUsersDatabase, type UsersDatabase } from "./users-database.fixture.ts";

let db: UsersDatabase;
before(async () => {
  db = await openUsersDatabase();
});
after(() => db?.drop());

const now = new Date("2026-01-01T00:00:00.123Z");
const someUser = () =>
  newUser(parseUserId(db.ids.next()), parseName("Zoë"), parseEmail(`${randomUUID()}@example.com`), now);

const byId = <T extends { id: string }>(records: readonly T[]) => new Map(records.map((one) => [one.id, one]));

describe("the user reader", () => {
  it("finds users as they were kept", async () => {
    const [ada, grace] = [someUser(), suspend(someUser(), new Date("2026-02-02T10:20:30.456Z"))];
    await db.uow.run(async ({ users }) => [await users.add(ada), await users.add(grace)]);
    assert.deepEqual(await db.reader.find(ada.id), ada);
    assert.deepEqual(byId(await db.reader.findMany([grace.id, randomUUID(), ada.id])), byId([ada, grace]));
  });

  it("finds nothing where nothing is", async () => {
    assert.equal(await db.reader.find(randomUUID()), null);
    assert.equal(await db.reader.findCreation(randomUUID()), null);
    assert.deepEqual(await db.reader.findMany([randomUUID()]), []);
  });

  it("lists every user once, page by page, oldest first", async () => {
    const added = Array.from({ length: 5 }, someUser).toSorted((a, b) => (a.id < b.id ? -1 : 1));
    await db.uow.run(async ({ users }) => {
      for (const user of added.toReversed()) await users.add(user);
    });
    const seen: string[] = [];
    for (let after: string | null = null; ; ) {
      const page = await db.reader.list({ after, limit: 2 });
      assert.ok(page.length <= 2);
      seen.push(...page.map(({ id }) => id));
      after = page.at(-1)?.id ?? null;
      if (after === null) break;
    }
    assert.deepEqual(seen, seen.toSorted());
    assert.equal(new Set(seen).size, seen.length);
    assert.deepEqual(
      seen.slice(-5),
      added.map(({ id }) => id),
    );
  });

  it("finds creations in every state", async () => {
    const wish = () => pending(randomUUID(), parseUserId(randomUUID()));
    const [open, done, refused] = [wish(), created(wish()), rejected(wish(), "EMAIL_TAKEN")];
    await db.uow.run(async ({ creations }) => {
      await creations.claim(open);
      for (const decision of [done, refused]) {
        await creations.claim(pending(decision.id, decision.userId));
        await creations.decide(decision);
      }
    });
    assert.deepEqual(await db.reader.findCreation(refused.id), refused);
    const found = await db.reader.findCreations([open.id, done.id, refused.id, randomUUID()]);
    assert.deepEqual(byId(found), byId([open, done, refused]));
  });
});
