import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import type { Delivery, Subscription } from "../../platform/messaging/message.ts";
import { emailChangesContract } from "./email-changes.contract.ts";
import { commandsOn, openUsersDatabase, type UsersDatabase } from "./users-database.fixture.ts";

let db: UsersDatabase;
let subscription: Subscription;
before(async () => {
  db = await openUsersDatabase();
  subscription = commandsOn(db);
});
after(() => db?.drop());

emailChangesContract("PostgreSQL", () => db);

const delivery = (command: string, data: Delivery["data"]): Delivery => {
  const from = { source: "auth", subject: "", time: new Date(), traceparent: "", attempt: 1 };
  return { id: randomUUID(), type: `limen.users.v1.${command}`, data, ...from };
};
const deliver = (command: string, data: Delivery["data"]) => subscription.handle(delivery(command, data));
const someEmail = () => `${randomUUID()}@example.com`;
const create = async (email = someEmail()) => {
  const [creationId, userId] = [randomUUID(), randomUUID()];
  await deliver("CreateUser", { creationId, userId, name: "Zoë", email });
  return { userId, email };
};
const createTogether = (...emails: readonly string[]) =>
  subscription.batch?.handle(
    emails.map((email) =>
      delivery("CreateUser", { creationId: randomUUID(), userId: randomUUID(), name: "Zoë", email }),
    ),
  );
const changeTo = async (userId: string, email: string, changeId: string = randomUUID()) => {
  await deliver("ChangeUserEmail", { changeId: changeId.toUpperCase(), userId, email });
  return changeId;
};
const answers = async (changeId: string) => {
  const { rows } = await db.database.pool.query(
    `select type, mandatory, data from users.outbox where data ->> 'changeId' = $1 order by seq`,
    [changeId],
  );
  return rows;
};
const ownersOf = async (email: string): Promise<string[]> => {
  const { rows } = await db.database.pool.query("select id from users.users where email = $1", [email]);
  return rows.map(({ id }) => id);
};

describe("commands to change an address, from the queue user_commands", () => {
  it("change it, and answer with an event that auth must receive", async () => {
    const { userId } = await create();
    const email = someEmail();
    const changeId = await changeTo(userId, email);
    const user = await db.reader.find(userId);
    assert.deepEqual([user?.email, user?.version], [email, 2]);
    const data = { userId, changeId, email, status: "ACTIVE", version: "2", occurTime: user?.updateTime.toISOString() };
    assert.deepEqual(await answers(changeId), [
      { type: "limen.users.v1.UserEmailChanged", mandatory: true, data: data },
    ]);
  });

  it("are answered the same again when they are sent again, a refusal too", async () => {
    const [one, other] = [await create(), await create()];
    const changeId = await changeTo(one.userId, other.email);
    await changeTo(one.userId, someEmail(), changeId);
    await deliver("CancelUserEmailChange", { changeId, userId: one.userId });
    const said = await answers(changeId);
    assert.deepEqual(
      said.map(({ type, data }) => [type, data.reason]),
      Array(3).fill(["limen.users.v1.UserEmailChangeRejected", "EMAIL_TAKEN"]),
    );
    assert.equal((await db.reader.find(one.userId))?.email, one.email);
  });

  it("that race with each other and with creations for one address end in one owner", async () => {
    const people = await Promise.all(Array.from({ length: 10 }, () => create()));
    const email = someEmail();
    const changes = people.map(({ userId }) => changeTo(userId, email));
    const creations = people.flatMap(() => [create(email), createTogether(someEmail(), email, someEmail())]);
    const verdicts = (await Promise.all((await Promise.all(changes)).map(answers))).flat();
    await Promise.all(creations);
    const owners = await ownersOf(email);
    assert.equal(owners.length, 1);
    const changed = verdicts.filter(({ type }) => type === "limen.users.v1.UserEmailChanged");
    const changers = new Set(people.map(({ userId }): string => userId));
    assert.deepEqual(
      changed.map(({ data }) => data.userId),
      owners.filter((id) => changers.has(id)),
    );
    assert.equal(verdicts.length, 10);
  });

  it("of two who want each other's address end in an answer to each, and one owner of each address", async () => {
    const [one, other] = [await create(), await create()];
    const ids = await Promise.all([changeTo(one.userId, other.email), changeTo(other.userId, one.email)]);
    for (const changeId of ids) assert.equal((await answers(changeId)).length, 1);
    const owners = [...(await ownersOf(one.email)), ...(await ownersOf(other.email))];
    assert.deepEqual(owners.toSorted(), [one.userId, other.userId].toSorted());
  });
});
