import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import type { Delivery, Subscription } from "../../platform/messaging/message.ts";
import { createSuspendUser } from "../application/suspend-user.ts";
import { commandsOn, openUsersDatabase, type UsersDatabase } from "./users-database.fixture.ts";

let db: UsersDatabase;
let subscription: Subscription;
before(async () => {
  db = await openUsersDatabase();
  subscription = commandsOn(db);
});
after(() => db?.drop());

const createUser = "limen.users.v1.CreateUser";
const cancelUserCreation = "limen.users.v1.CancelUserCreation";
const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

const someone = (email = `${randomUUID()}@example.com`) => ({
  creationId: randomUUID(),
  userId: randomUUID(),
  name: "Zoë",
  email,
});
type Someone = ReturnType<typeof someone>;

const deliver = (type: string, data: Delivery["data"], id: string = randomUUID()) =>
  subscription.handle({ id, type, data, source: "auth", subject: "", time: new Date(), traceparent, attempt: 1 });
const create = (who: Someone, messageId?: string) => deliver(createUser, who, messageId);
const cancel = ({ creationId, userId }: Someone) => deliver(cancelUserCreation, { creationId, userId });

const deliverTogether = (messages: readonly { data: Delivery["data"]; traceparent?: string }[]) =>
  subscription.batch?.handle(
    messages.map((message) => ({
      ...{ id: randomUUID(), type: createUser, source: "auth", subject: "", time: new Date(), traceparent, attempt: 1 },
      ...message,
    })),
  ) ?? assert.fail("there are no batches");

const answers = async ({ creationId }: Someone) =>
  (await db.outbox(creationId)).map(({ type, data }) => ({ type: type.replace("limen.users.v1.", ""), data }));

describe("commands from the queue user_commands", () => {
  it("create a user and answer with an event that auth must receive", async () => {
    const who = someone();
    await create(who);
    const user = await db.reader.find(who.userId);
    assert.equal(user?.email, who.email);
    assert.deepEqual(await db.outbox(who.creationId), [
      {
        type: "limen.users.v1.UserCreated",
        exchange: "limen.events",
        routing_key: "limen.users.v1.UserCreated",
        mandatory: true,
        traceparent,
        data: {
          userId: who.userId,
          creationId: who.creationId,
          email: who.email,
          status: "ACTIVE",
          version: "1",
          occurTime: user?.createTime.toISOString(),
        },
      },
    ]);
  });

  it("are answered the same again when they are sent again", async () => {
    const who = someone();
    const other = someone(who.email);
    await create(who);
    await create(who);
    await create(other);
    await create({ ...other, email: `${randomUUID()}@example.com` });
    const [first, again] = await answers(who);
    assert.deepEqual(again, first);
    const refusals = await answers(other);
    assert.deepEqual(
      refusals.map(({ type, data }) => [type, data.reason]),
      [
        ["UserCreationRejected", "EMAIL_TAKEN"],
        ["UserCreationRejected", "EMAIL_TAKEN"],
      ],
    );
    assert.equal(await db.reader.find(other.userId), null);
  });

  it("tell the present state of a user when they are sent again after a change", async () => {
    const who = someone();
    await create(who);
    await createSuspendUser(db)({ userId: who.userId, etag: null, actor: null });
    await create(who);
    const again = (await answers(who)).at(-1);
    assert.deepEqual([again?.data.status, again?.data.version], ["SUSPENDED", "2"]);
  });

  it("have their effect once, however often and together the message is delivered", async () => {
    const who = someone();
    const messageId = randomUUID();
    await Promise.all(Array.from({ length: 3 }, () => create(who, messageId)));
    assert.equal((await answers(who)).length, 1);
  });

  it("cancel what was not created, and only that", async () => {
    const [early, late] = [someone(), someone()];
    await cancel(early);
    await create(early);
    await create(late);
    await cancel(late);
    assert.deepEqual(
      (await answers(early)).map(({ data }) => data.reason),
      ["CANCELLED", "CANCELLED"],
    );
    assert.equal(await db.reader.find(early.userId), null);
    assert.deepEqual(
      (await answers(late)).map(({ type }) => type),
      ["UserCreated", "UserCreated"],
    );
    assert.equal((await db.reader.find(late.userId))?.status, "ACTIVE");
  });

  it("end in one decision when a creation and its cancellation race, 50 times", async () => {
    for (let round = 0; round < 50; round++) {
      const who = someone();
      const race = [() => create(who), () => cancel(who)];
      await Promise.all((round % 2 === 0 ? race : race.toReversed()).map((command) => command()));
      const said = (await answers(who)).map(({ type }) => type);
      const decided = await db.reader.findCreation(who.creationId);
      const user = await db.reader.find(who.userId);
      assert.deepEqual(
        said,
        Array(2).fill(decided?.state === "CREATED" ? "UserCreated" : "UserCreationRejected"),
        `round ${round}`,
      );
      assert.equal(user !== null, decided?.state === "CREATED", `round ${round}`);
    }
  });

  it("give an address to one of 50 who want it at once", async () => {
    const email = `${randomUUID()}@example.com`;
    const everyone = Array.from({ length: 50 }, () => someone(email));
    await Promise.all(everyone.map((who) => create(who)));
    const said = await Promise.all(everyone.map(answers));
    const verdicts = said.map(([answer]) => answer?.data.reason ?? answer?.type).toSorted();
    assert.deepEqual(verdicts, [...Array(49).fill("EMAIL_TAKEN"), "UserCreated"]);
    const existing = await db.reader.findMany(everyone.map(({ userId }) => userId));
    assert.equal(existing.length, 1);
  });

  it("have the same effects in a batch, and their answers go on with their own traces", async () => {
    const [taken, twin] = [someone(), someone()];
    await create(taken);
    const traces = [1, 2, 3].map((n) => `00-${String(n).repeat(32)}-b7ad6b7169203331-01`);
    const commands = [someone(taken.email), twin, someone(twin.email)];
    await deliverTogether(commands.map((data, i) => ({ data, traceparent: traces[i] ?? "" })));
    const said = await Promise.all(commands.map(({ creationId }) => db.outbox(creationId)));
    assert.deepEqual(
      said.map((messages) => messages.map(({ data, traceparent }) => [data.reason ?? data.email, traceparent])),
      [[["EMAIL_TAKEN", traces[0]]], [[twin.email, traces[1]]], [["EMAIL_TAKEN", traces[2]]]],
    );
  });

  it("have no effect in a batch of which one cannot be read", async () => {
    const who = someone();
    const unreadable = deliverTogether([{ data: someone() }, { data: { ...who, creationId: "c1" } }, { data: who }]);
    await assert.rejects(unreadable, { name: "PermanentFailure", reason: "INVALID_BODY" });
    assert.deepEqual(await answers(who), []);
  });

  it("in batches that race for the same addresses and creations end in one decision for each", async () => {
    const wanted = Array.from({ length: 30 }, () => someone());
    const rivals = wanted.map(({ email }) => someone(email));
    const batch = (people: readonly Someone[]) => deliverTogether(people.map((data) => ({ data })));
    await Promise.all([wanted, rivals, wanted.toReversed(), rivals.toReversed()].map(batch));
    for (const [index, who] of wanted.entries()) {
      const rival = rivals[index] ?? assert.fail();
      const said = [...(await answers(who)), ...(await answers(rival))].map(({ type }) => type).sort();
      assert.deepEqual(said, ["UserCreated", "UserCreated", "UserCreationRejected", "UserCreationRejected"]);
      const users = await db.reader.findMany([who.userId, rival.userId]);
      assert.deepEqual(
        users.map(({ email }) => email),
        [who.email],
      );
    }
  });

  for (const [what, type, data, reason] of [
    ["of an unknown type", "limen.users.v1.Nonsense", {}, "UNKNOWN_TYPE"],
    ["that are no such command", createUser, { creationId: 7 }, "UNREADABLE_BODY"],
    ["without the ids they need", cancelUserCreation, { creationId: "c1", userId: "u1" }, "INVALID_BODY"],
  ] as const) {
    it(`are given up at once when they come as messages ${what}`, async () => {
      await assert.rejects(deliver(type, data), { name: "PermanentFailure", reason });
    });
  }
});
