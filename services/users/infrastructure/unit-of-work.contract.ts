import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import type { BatchUnitOfWork, Transaction, UnitOfWork } from "../application/ports.ts";
import { type Creation, created, isDecided, type PendingCreation, pending, rejected } from "../domain/creation.ts";
import type { CreationRequest } from "../domain/creation-request.ts";
import { userCreationRejected } from "../domain/events.ts";
import { newUser, parseEmail, parseName, parseUserId, rename, suspend, type UserId } from "../domain/user.ts";

interface Opened {
  readonly uow: UnitOfWork & BatchUnitOfWork;
  /** How many messages about a rejected or requested creation are kept, to be sent. */
  readonly messagesAbout: (creationId: string) => Promise<number>;
  /** All messages are sent, and kept no more. */
  readonly sendAll: () => Promise<void>;
}

/** Every implementation of the port runs these, so the fake cannot drift from PostgreSQL. */
export function unitOfWorkContract(name: string, open: () => Opened): void {
  const now = new Date("2026-01-01T00:00:00.123Z");
  const someId = () => parseUserId(randomUUID());
  const someEmail = () => `${randomUUID()}@example.com`;
  const someUser = ({ id = someId(), email = someEmail() } = {}) =>
    newUser(id, parseName("Zoë 😀"), parseEmail(email), now);
  const someCreation = (userId: UserId = someId()) => pending(randomUUID(), userId);
  const boom = new Error("boom");

  describe(`UnitOfWork contract: ${name}`, () => {
    it("keeps what the work did, and answers with what it gave", async () => {
      const { uow } = open();
      const user = someUser();
      assert.equal(await uow.run(({ users }) => users.add(user)), "ADDED");
      assert.deepEqual(await uow.run(({ users }) => users.find(user.id)), user);
    });

    it("keeps nothing when the work throws", async () => {
      const { uow, messagesAbout } = open();
      const user = someUser();
      const creation = someCreation();
      const work = uow.run(async ({ users, creations, messages }) => {
        await users.add(user);
        await creations.claim(creation);
        await messages.publish(userCreationRejected(rejected(creation, "CANCELLED"), now));
        throw boom;
      });
      await assert.rejects(work, boom);
      assert.equal(await uow.run(({ users }) => users.find(user.id)), null);
      assert.equal(await messagesAbout(creation.id), 0);
    });

    it("keeps changes made to a found user", async () => {
      const { uow } = open();
      const user = someUser();
      await uow.run(({ users }) => users.add(user));
      const changed = await uow.run(async ({ users }) => {
        const found = await users.find(user.id);
        assert.ok(found);
        const next = rename(suspend(found, now), parseName("Zora"), new Date("2026-02-02T00:00:00.456Z"));
        await users.save(next);
        return next;
      });
      assert.deepEqual(await uow.run(({ users }) => users.find(user.id)), changed);
    });

    it("loses no change when many are made to one user at once", async () => {
      const { uow } = open();
      const user = someUser();
      await uow.run(({ users }) => users.add(user));
      const change = (text: string) =>
        uow.run(async ({ users }) => {
          const found = await users.find(user.id);
          assert.ok(found);
          await users.save(rename(found, parseName(text), now));
        });
      await Promise.all(Array.from({ length: 8 }, (_, i) => change(`Zoë ${i}`)));
      const found = await uow.run(({ users }) => users.find(user.id));
      assert.equal(found?.version, 9);
    });

    it("says what is taken and leaves the transaction usable", async () => {
      const { uow } = open();
      const [first, other] = [someUser(), someUser()];
      await uow.run(({ users }) => users.add(first));
      const added = await uow.run(async ({ users }) => [
        await users.add(someUser({ email: first.email })),
        await users.add(someUser({ id: first.id })),
        await users.add(first),
        await users.add(other),
      ]);
      assert.deepEqual(added, ["EMAIL_TAKEN", "USER_ID_TAKEN", "USER_ID_TAKEN", "ADDED"]);
      assert.deepEqual(await uow.run(({ users }) => users.find(other.id)), other);
      assert.deepEqual(await uow.run(({ users }) => users.find(first.id)), first);
    });

    it("lets one of many simultaneous users have an address", async () => {
      const { uow } = open();
      const email = someEmail();
      const add = () => uow.run(({ users }) => users.add(someUser({ email })));
      const added = await Promise.all(Array.from({ length: 8 }, add));
      assert.deepEqual(added.toSorted(), ["ADDED", ...Array(7).fill("EMAIL_TAKEN")]);
    });

    it("says of each of many users what is taken, be it by one before it", async () => {
      const { uow } = open();
      const [first, other, third] = [someUser(), someUser(), someUser()];
      await uow.run(({ users }) => users.add(first));
      const many = [
        someUser({ email: first.email }),
        someUser({ id: first.id }),
        someUser({ id: third.id, email: first.email }),
        other,
        someUser({ email: other.email }),
        someUser({ id: other.id }),
        third,
        { ...third },
      ];
      const outcomes = await uow.run(({ users }) => users.addAll(many));
      assert.deepEqual(
        many.map((user) => outcomes.get(user)),
        [
          ...["EMAIL_TAKEN", "USER_ID_TAKEN", "EMAIL_TAKEN", "ADDED"],
          ...["EMAIL_TAKEN", "USER_ID_TAKEN", "ADDED", "USER_ID_TAKEN"],
        ],
      );
      const found = await uow.run(({ users }) => users.findAll([third.id, someId(), other.id]));
      assert.deepEqual(new Map(found.map((user) => [user.id, user])), new Map([other, third].map((u) => [u.id, u])));
    });

    it("gives many simultaneous units of work that want the same users one each", async () => {
      const { uow } = open();
      const wanted = Array.from({ length: 20 }, someEmail).sort();
      const addAll = () =>
        uow.run(async ({ users }) => [...(await users.addAll(wanted.map((email) => someUser({ email })))).values()]);
      const outcomes = await Promise.all(Array.from({ length: 6 }, addAll));
      assert.equal(outcomes.flat().filter((outcome) => outcome === "ADDED").length, 20);
      assert.equal(outcomes.flat().filter((outcome) => outcome === "EMAIL_TAKEN").length, 100);
    });

    it("claims and decides many creations as it does one", async () => {
      const { uow } = open();
      const [unknown, known, decided] = [someCreation(), someCreation(), someCreation()];
      await uow.run(async ({ creations }) => {
        await creations.claim(known);
        await creations.claim(decided);
        await creations.decide(rejected(decided, "CANCELLED"));
      });
      const claimed = await uow.run(async ({ creations }) => {
        const all = await creations.claimAll([decided, { ...known, userId: someId() }, unknown]);
        await creations.decideAll([created(unknown), rejected(known, "EMAIL_TAKEN")]);
        return all;
      });
      const byId = (list: readonly Creation[]) => new Map(list.map((creation) => [creation.id, creation]));
      assert.deepEqual(byId(claimed), byId([unknown, known, rejected(decided, "CANCELLED")]));
      const after = await uow.run(({ creations }) => creations.claimAll([unknown, known, decided]));
      assert.deepEqual(
        byId(after),
        byId([created(unknown), rejected(known, "EMAIL_TAKEN"), rejected(decided, "CANCELLED")]),
      );
    });

    it("lets simultaneous units of work claim the same creations in any order", async () => {
      const { uow } = open();
      const wishes = Array.from({ length: 20 }, () => someCreation());
      let decisions = 0;
      const claim = (order: typeof wishes) =>
        uow.run(async ({ creations }) => {
          const claimed = await creations.claimAll(order);
          const mine = claimed.filter((creation) => !isDecided(creation));
          await creations.decideAll(mine.map((creation) => created(creation)));
          decisions += mine.length;
        });
      await Promise.all([wishes, wishes.toReversed(), wishes, wishes.toReversed()].map(claim));
      assert.equal(decisions, 20);
    });

    it("gives a creation as it is known, whoever claims it and for whom", async () => {
      const { uow } = open();
      const creation = someCreation();
      assert.deepEqual(await uow.run(({ creations }) => creations.claim(creation)), creation);
      assert.deepEqual(await uow.run(({ creations }) => creations.claim({ ...creation, userId: someId() })), creation);
      for (const decide of [created, (wish: typeof creation) => rejected(wish, "EMAIL_TAKEN")]) {
        const wish = someCreation();
        await uow.run(async ({ creations }) => {
          await creations.claim(wish);
          await creations.decide(decide(wish));
        });
        assert.deepEqual(await uow.run(({ creations }) => creations.claim(wish)), decide(wish));
      }
    });

    for (const known of [false, true]) {
      it(`lets one of many decide a creation that is ${known ? "pending" : "unknown"}, and tells the others`, async () => {
        const { uow } = open();
        const creation = someCreation();
        if (known) await uow.run(({ creations }) => creations.claim(creation));
        let decided = 0;
        const command = () =>
          uow.run(async ({ creations }) => {
            const claimed = await creations.claim(creation);
            if (claimed.state !== "PENDING") return claimed;
            decided++;
            const decision = rejected(claimed, "CANCELLED");
            await creations.decide(decision);
            return decision;
          });
        const answers = await Promise.all(Array.from({ length: 8 }, command));
        for (const answer of answers) assert.deepEqual(answer, rejected(creation, "CANCELLED"));
        assert.equal(decided, 1);
      });
    }

    it("frees a claim whose work failed", async () => {
      const { uow } = open();
      const creation = someCreation();
      const failing = uow.run(async ({ creations }) => {
        await creations.claim(creation);
        throw boom;
      });
      await assert.rejects(failing, boom);
      const again = { ...creation, userId: someId() };
      assert.deepEqual(await uow.run(({ creations }) => creations.claim(again)), again);
    });

    it("keeps what is asked for until it is decided", async () => {
      const { uow } = open();
      const request = (atMs: number): CreationRequest => ({
        creation: someCreation(),
        name: parseName("Zoë 😀"),
        email: parseEmail(someEmail()),
        sends: 1,
        nextSendTime: new Date(atMs),
      });
      const [late, early, never] = [request(2_001), request(1_001), request(3_001)];
      await uow.run(async ({ creations }) => {
        for (const each of [late, early, never]) await creations.addRequest(each);
      });
      const overdue = (ms: number, limit = 10) =>
        uow.run(({ creations }) => creations.findOverdue(new Date(ms), limit));
      assert.deepEqual(await overdue(1_000), []);
      assert.deepEqual(await overdue(2_001), [early, late]);
      assert.deepEqual(await overdue(2_001, 1), [early]);
      assert.deepEqual(await uow.run(({ creations }) => creations.claim(early.creation)), early.creation);

      const again = { ...late, sends: 2, nextSendTime: new Date(500) };
      await uow.run(({ creations }) => creations.reschedule([again]));
      assert.deepEqual(await overdue(2_001), [again, early]);
      await uow.run(async ({ creations }) => {
        await creations.claimAll([early.creation, late.creation]);
        await creations.decide(created(early.creation));
        await creations.decideAll([rejected(late.creation, "EMAIL_TAKEN")]);
      });
      assert.deepEqual(await overdue(9_000), [never]);
      await uow.run(({ creations }) => creations.decide(rejected(never.creation, "CANCELLED")));
    });

    it("knows which commands are not sent yet", async () => {
      const { uow, sendAll } = open();
      const [sent, unsent, other] = [someCreation(), someCreation(), someCreation()];
      const ask = ({ id: creationId, userId }: PendingCreation) =>
        uow.run(({ messages }) => messages.request({ creationId, userId, name: "Zoë", email: someEmail() }));
      await ask(sent);
      await sendAll();
      await ask(unsent);
      const found = await uow.run(({ messages }) => messages.findUnsent([sent.id, unsent.id, other.id]));
      assert.deepEqual(found, new Set([unsent.id]));
    });

    it("keeps messages with the change they belong to", async () => {
      const { uow, messagesAbout } = open();
      const creation = someCreation();
      await uow.run(async ({ messages }) => {
        const { id: creationId, userId } = creation;
        await messages.request({ creationId, userId, name: "Zoë", email: someEmail() });
        await messages.publish(userCreationRejected(rejected(creation, "CANCELLED"), now));
      });
      assert.equal(await messagesAbout(creation.id), 2);
    });

    it("keeps the effect of a message once, however often and together it comes", async () => {
      const { uow, messagesAbout } = open();
      const creation = someCreation();
      const messageId = randomUUID();
      const effect = ({ messages }: Transaction) =>
        messages.publish(userCreationRejected(rejected(creation, "CANCELLED"), now));
      await Promise.all(Array.from({ length: 4 }, () => uow.runOnce(messageId, effect)));
      await uow.runOnce(messageId, () => assert.fail("the effect is kept already"));
      assert.equal(await messagesAbout(creation.id), 1);
    });

    it("hands over, of many messages, each whose effect was not kept before, once", async () => {
      const { uow, messagesAbout } = open();
      const creation = someCreation();
      const [old, fresh, failed] = [
        { messageId: randomUUID() },
        { messageId: randomUUID() },
        { messageId: randomUUID() },
      ];
      const answers = (count: number) =>
        Array.from({ length: count }, () => ({
          event: userCreationRejected(rejected(creation, "CANCELLED"), now),
          traceparent: "",
        }));
      await uow.runOnce(old.messageId, async () => {});
      const failing = uow.runOnceEach([failed], async ({ messages }) => {
        await messages.publishAll(answers(1));
        throw boom;
      });
      await assert.rejects(failing, boom);
      await uow.runOnceEach([old, fresh, failed, fresh], async ({ messages }, given) => {
        assert.deepEqual(given, [fresh, failed]);
        await messages.publishAll(answers(given.length));
      });
      await uow.runOnceEach([failed, fresh, old], () => assert.fail("the effects are kept already"));
      assert.equal(await messagesAbout(creation.id), 2);
    });

    it("gives a message whose work failed another chance", async () => {
      const { uow, messagesAbout } = open();
      const creation = someCreation();
      const messageId = randomUUID();
      const failing = uow.runOnce(messageId, async () => {
        throw boom;
      });
      await assert.rejects(failing, boom);
      await uow.runOnce(messageId, ({ messages }) =>
        messages.publish(userCreationRejected(rejected(creation, "CANCELLED"), now)),
      );
      assert.equal(await messagesAbout(creation.id), 1);
    });
  });
}
