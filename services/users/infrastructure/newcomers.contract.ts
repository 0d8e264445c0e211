import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import type { BatchUnitOfWork, Newcomer, UnitOfWork } from "../application/ports.ts";
import { created, pending } from "../domain/creation.ts";
import { userCreated } from "../domain/events.ts";
import { newUser, parseEmail, parseName, parseUserId } from "../domain/user.ts";

interface Opened {
  readonly uow: UnitOfWork & BatchUnitOfWork;
  /** How many messages about a creation are kept, to be sent. */
  readonly messagesAbout: (creationId: string) => Promise<number>;
}

/** What BatchUnitOfWork.keepNew promises. Every implementation of the port runs these. */
export function newcomersContract(name: string, open: () => Opened): void {
  const now = new Date("2026-01-01T00:00:00.123Z");
  const someId = () => parseUserId(randomUUID());
  const someUser = ({ id = someId(), email = `${randomUUID()}@example.com` } = {}) =>
    newUser(id, parseName("Zoë 😀"), parseEmail(email), now);
  /** With a creation of its own, for the user that it gets, unless it is given one. */
  const someNewcomer = ({
    messageId = randomUUID() as string,
    user = someUser(),
    ...given
  }: Partial<Newcomer> = {}) => {
    const creation = given.creation ?? created(pending(randomUUID(), user.id));
    return { messageId, creation, user, answer: { event: userCreated(user, creation), traceparent: "" } };
  };

  describe(`newcomers contract: ${name}`, () => {
    it("keeps newcomers with all that comes with them, in one step", async () => {
      const { uow, messagesAbout } = open();
      const named = { ...someUser(), name: parseName('"Zoë" \\ {1,2}') };
      const [wanted, asked] = [someNewcomer({ user: named }), someNewcomer()];
      await uow.run(({ creations }) =>
        creations.addRequest({
          creation: pending(asked.creation.id, asked.user.id),
          name: asked.user.name,
          email: asked.user.email,
          sends: 1,
          nextSendTime: new Date(0),
        }),
      );
      assert.equal(await uow.keepNew([wanted, asked]), true);
      for (const { messageId, creation, user } of [wanted, asked]) {
        assert.deepEqual(await uow.run(({ users }) => users.find(user.id)), user);
        assert.deepEqual(
          await uow.run(({ creations }) => creations.claim({ ...creation, state: "PENDING" })),
          creation,
        );
        assert.equal(await messagesAbout(creation.id), 1);
        await uow.runOnce(messageId, () => assert.fail("the effect is kept already"));
      }
      assert.deepEqual(await uow.run(({ creations }) => creations.findOverdue(new Date(1), 10)), []);
    });

    const known = someNewcomer();
    const obstacles = {
      "its message was handled before": { messageId: known.messageId },
      "its creation was decided before": { creation: known.creation },
      "its id is taken": { user: someUser({ id: known.user.id }) },
      "its address is taken": { user: someUser({ email: known.user.email }) },
    };
    for (const [what, obstacle] of Object.entries(obstacles)) {
      it(`keeps nothing of many newcomers when of one ${what}`, async () => {
        const { uow, messagesAbout } = open();
        await uow.keepNew([known]);
        const others = [someNewcomer(), someNewcomer()] as const;
        const stopped = someNewcomer(obstacle);
        assert.equal(await uow.keepNew([others[0], stopped, others[1]]), false);
        for (const { user, creation } of others) {
          assert.equal(await uow.run(({ users }) => users.find(user.id)), null);
          assert.equal(await messagesAbout(creation.id), 0);
        }
        assert.equal(await uow.keepNew(others), true);
      });
    }

    it("keeps nothing of newcomers who stand in each other's way, or of one whose creation is another's", async () => {
      const { uow } = open();
      const first = someNewcomer();
      for (const twin of [
        someNewcomer({ messageId: first.messageId }),
        someNewcomer({ user: someUser({ email: first.user.email }) }),
      ]) {
        assert.equal(await uow.keepNew([first, twin]), false);
      }
      await uow.run(({ creations }) => creations.claim(pending(first.creation.id, someId())));
      assert.equal(await uow.keepNew([first]), false);
    });

    it("keeps one of two simultaneous batches of newcomers who want the same addresses, in opposite orders", async () => {
      const { uow } = open();
      for (let round = 0; round < 5; round++) {
        const wanted = Array.from({ length: 200 }, () => someNewcomer());
        const rivals = wanted.map(({ user }) => someNewcomer({ user: someUser({ email: user.email }) }));
        const kept = await Promise.all([uow.keepNew(wanted), uow.keepNew(rivals.toReversed())]);
        assert.deepEqual(kept.toSorted(), [false, true]);
      }
    });
  });
}
