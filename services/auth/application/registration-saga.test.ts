import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { UserSnapshot } from "../domain/account.ts";
import type { Email } from "../domain/email.ts";
import { accepted } from "../domain/registration.ts";
import { createInMemoryUnitOfWork } from "../infrastructure/in-memory-unit-of-work.ts";
import { createAdvanceRegistration } from "./advance-registration.ts";
import { createMailLink } from "./mail-link.ts";
import { createMailRegistrationProof } from "./mail-registration-proof.ts";
import { createSettleRegistration } from "./settle-registration.ts";
import { createSweepRegistrations } from "./sweep-registrations.ts";

const email = "ada@example.com" as Email;
const created: UserSnapshot = { userId: "u1", email, status: "ACTIVE", version: 1 };

describe("the registration saga", () => {
  it("asks for the user, and makes the account when it is created", async () => {
    const saga = await setup();
    await saga.advance("r1", "m1");
    assert.deepEqual(saga.uow.sent.at(-1), {
      type: "create-user",
      creationId: "r1",
      userId: "u1",
      name: "Ada",
      email,
    });
    assert.equal((await saga.registration()).state, "CREATING");
    await saga.settle.userCreated("r1", created, "m2");
    const { state, applicant } = await saga.registration();
    assert.deepEqual([state, applicant], ["COMPLETED", null]);
    const account = await saga.uow.accounts.find("u1");
    assert.deepEqual([account?.status, account?.passwordHash], ["ACTIVE", "hash"]);
    assert.equal(saga.uow.sent.at(-1)?.type, "user-registered");
  });

  it("says nothing and changes nothing when a message comes again", async () => {
    const saga = await setup();
    await saga.advance("r1", "m1");
    await saga.advance("r1", "m1");
    await saga.advance("r1", "m1-again-with-another-id");
    await saga.settle.userCreated("r1", created, "m2");
    await saga.settle.userCreated("r1", created, "m2");
    await saga.settle.userCreated("r1", created, "m2-re-emitted");
    assert.deepEqual(
      saga.uow.sent.map(({ type }) => type),
      ["create-user", "user-registered"],
    );
    assert.equal((await saga.uow.accounts.find("u1"))?.credentialVersion, 2);
  });

  it("ends with the reason of a rejection", async () => {
    const saga = await setup();
    await saga.advance("r1", "m1");
    await saga.settle.userCreationRejected("r1", "EMAIL_TAKEN", "m2");
    const { state, reason, applicant } = await saga.registration();
    assert.deepEqual([state, reason, applicant], ["REJECTED", "EMAIL_TAKEN", null]);
    assert.equal(await saga.uow.accounts.find("u1"), null);
  });

  it("completes though a suspension overtook the creation, and lets nobody in", async () => {
    const saga = await setup();
    await saga.advance("r1", "m1");
    await saga.settle.userChanged({ ...created, status: "SUSPENDED", version: 2 }, "m3");
    assert.equal((await saga.registration()).state, "CREATING");
    await saga.settle.userCreated("r1", created, "m2");
    assert.equal((await saga.registration()).state, "COMPLETED");
    const account = await saga.uow.accounts.find("u1");
    assert.deepEqual([account?.status, account?.userVersion, account?.passwordHash], ["SUSPENDED", 2, "hash"]);
  });

  it("ends when the user was deleted before the answer came", async () => {
    const saga = await setup();
    await saga.advance("r1", "m1");
    await saga.settle.userChanged({ ...created, status: "DELETED", version: 2 }, "m3");
    await saga.settle.userCreated("r1", created, "m2");
    const { state, reason, applicant } = await saga.registration();
    assert.deepEqual([state, reason, applicant], ["FAILED", "USER_DELETED", null]);
    const account = await saga.uow.accounts.find("u1");
    assert.deepEqual([account?.status, account?.passwordHash], ["DELETED", null]);
  });

  it("ends when the answer itself says that the user is deleted already", async () => {
    const saga = await setup();
    await saga.advance("r1", "m1");
    await saga.settle.userCreated("r1", { ...created, status: "DELETED", version: 2 }, "m2");
    const { state, reason, applicant } = await saga.registration();
    assert.deepEqual([state, reason, applicant], ["FAILED", "USER_DELETED", null]);
    assert.equal((await saga.uow.accounts.find("u1"))?.passwordHash, null);
  });

  it("gives nobody the password of a registration for somebody else", async () => {
    const saga = await setup();
    await saga.advance("r1", "m1");
    await assert.rejects(saga.settle.userCreated("r1", { ...created, userId: "u9" }, "m2"), {
      reason: "USER_ID_MISMATCH",
    });
    assert.equal(await saga.uow.accounts.find("u9"), null);
  });

  it("ends the sessions of a suspended person, once", async () => {
    const saga = await setup();
    await saga.settle.userCreated("r1", created, "m2");
    await saga.openSession("s1");
    await saga.settle.userChanged({ ...created, status: "SUSPENDED", version: 2 }, "m3");
    assert.equal(saga.uow.sessions.get("s1")?.revokeReason, "USER_SUSPENDED");
    await saga.settle.userChanged({ ...created, version: 3 }, "m4");
    await saga.openSession("s2");
    await saga.settle.userChanged({ ...created, status: "SUSPENDED", version: 2 }, "m5");
    assert.equal(saga.uow.sessions.get("s2")?.revokeReason, null);
  });

  it("invites the person whom somebody else created", async () => {
    const saga = await setup();
    await saga.settle.userCreated("c-of-an-administrator", { ...created, userId: "u9" }, "m1");
    const account = await saga.uow.accounts.find("u9");
    assert.deepEqual([account?.status, account?.passwordHash, account?.roles], ["ACTIVE", null, ["user"]]);
  });

  it("asks again when no answer comes, later each time", async () => {
    const saga = await setup();
    await saga.advance("r1", "m1");
    assert.equal(await saga.sweep(10), 0);
    saga.pass(5_000);
    assert.equal(await saga.sweep(10), 1);
    assert.equal(await saga.sweep(10), 0);
    saga.pass(14_999);
    assert.equal(await saga.sweep(10), 0);
    saga.pass(1);
    assert.equal(await saga.sweep(10), 1);
    assert.deepEqual(
      saga.uow.sent.map(({ type }) => type),
      ["create-user", "create-user", "create-user"],
    );
  });

  it("sends its first command again when that was lost", async () => {
    const saga = await setup();
    saga.pass(5_000);
    await saga.sweep(10);
    assert.deepEqual(saga.uow.sent, [{ type: "register-user", registrationId: "r1" }]);
  });

  it("does not ask again while the question waits in the outbox", async () => {
    const saga = await setup();
    await saga.advance("r1", "m1");
    saga.uow.waiting.add("r1");
    saga.pass(5_000);
    await saga.sweep(10);
    assert.equal(saga.uow.sent.length, 1);
    assert.equal((await saga.registration()).sends, 1);
  });

  it("gives up after its time, by a cancellation that it repeats until that is answered", async () => {
    const saga = await setup();
    await saga.advance("r1", "m1");
    saga.pass(86_400_001);
    await saga.sweep(10);
    assert.equal((await saga.registration()).state, "COMPENSATING");
    saga.pass(5_000);
    await saga.sweep(10);
    assert.deepEqual(
      saga.uow.sent.slice(1),
      Array.from({ length: 2 }, () => ({ type: "cancel-user-creation", creationId: "r1", userId: "u1" })),
    );
    await saga.settle.userCreationRejected("r1", "CANCELLED", "m9");
    const { state, reason, nextSendTime } = await saga.registration();
    assert.deepEqual([state, reason, nextSendTime], ["FAILED", "CANCELLED", null]);
  });

  it("completes a registration whose cancellation came after the creation", async () => {
    const saga = await setup();
    await saga.advance("r1", "m1");
    saga.pass(86_400_001);
    await saga.sweep(10);
    await saga.settle.userCreated("r1", created, "m9");
    assert.equal((await saga.registration()).state, "COMPLETED");
    assert.equal((await saga.uow.accounts.find("u1"))?.passwordHash, "hash");
  });

  it("mails the new person a link that verifies the address, in their language, once", async () => {
    const saga = await setup();
    await saga.advance("r1", "m1");
    await saga.settle.userCreated("r1", created, "m2");
    await saga.settle.userCreated("r1", created, "m2-re-emitted");
    assert.deepEqual(saga.uow.mails, [
      { template: "VERIFY_EMAIL", to: email, locale: "es", userId: "u1", proofId: "link-1" },
    ]);
  });

  it("invites a person for whom nobody registered, once", async () => {
    const saga = await setup();
    const invited = { ...created, userId: "u7" };
    await saga.settle.userCreated("c7", invited, "m1");
    await saga.settle.userCreated("c7", invited, "m1-re-emitted");
    assert.deepEqual(saga.uow.mails, [
      { template: "INVITATION", to: email, locale: "en", userId: "u7", proofId: "link-1" },
    ]);
  });

  it("invites a person whose creation another event overtook", async () => {
    const saga = await setup();
    const invited = { ...created, userId: "u7" };
    await saga.settle.userChanged({ ...invited, version: 2 }, "m2");
    assert.equal(saga.uow.mails.length, 0);
    await saga.settle.userCreated("c7", invited, "m1");
    assert.equal(saga.uow.mails[0]?.template, "INVITATION");
  });

  it("mails nothing to somebody who was suspended before it could", async () => {
    const saga = await setup();
    await saga.advance("r1", "m1");
    await saga.settle.userChanged({ ...created, status: "SUSPENDED", version: 2 }, "m3");
    await saga.settle.userCreated("r1", created, "m2");
    await saga.settle.userCreated("c7", { ...created, userId: "u7", status: "SUSPENDED" }, "m4");
    assert.deepEqual(saga.uow.mails, []);
  });

  for (const [what, change] of [
    ["a suspension", { status: "SUSPENDED" }],
    ["a deletion", { status: "DELETED" }],
    ["another address", { email: "countess@example.com" as Email }],
  ] as const) {
    it(`security 20: ${what} ends the link that was mailed`, async () => {
      const saga = await setup();
      await saga.settle.userCreated("c7", { ...created, userId: "u7" }, "m1");
      assert.notEqual(await saga.uow.proofs.find("link-1", new Date(0)), null);
      await saga.settle.userChanged({ ...created, userId: "u7", version: 2, ...change }, "m2");
      assert.equal(await saga.uow.proofs.find("link-1", new Date(0)), null);
    });
  }

  it("refuses a command about a registration that never was", async () => {
    const saga = await setup();
    await assert.rejects(saga.advance("r9", "m1"), { reason: "REGISTRATION_NOT_FOUND" });
  });
});

async function setup() {
  let time = new Date("2026-01-01T00:00:00Z").getTime();
  const clock = { now: () => new Date(time) };
  const uow = createInMemoryUnitOfWork();
  let links = 0;
  const ids = { next: () => `link-${++links}` };
  const proofLifetimesMs = {
    ...{ RESET: 1_000, VERIFY_EMAIL: 1_000, CHANGE_EMAIL: 1_000 },
    ...{ INVITATION: 1_000, REGISTRATION: 1_000 },
  };
  const mailLink = createMailLink({ clock, ids, proofLifetimesMs });
  const mailRegistrationProof = createMailRegistrationProof({ clock, mailLink, proofLifetimesMs });
  const answerScheduleMs = [5_000, 15_000, 60_000];
  const applicant = { name: "Ada", email, passwordHash: "hash", locale: "es" as const, emailVerified: false };
  await uow.run(({ registrations }) =>
    registrations.add(
      accepted(
        { id: "r1", userId: "u1", applicant, idempotencyKey: null, requestHash: new Uint8Array() },
        clock.now(),
        new Date(time + 5_000),
      ),
      new Date(0),
    ),
  );
  return {
    uow,
    advance: createAdvanceRegistration({ uow, clock, answerScheduleMs, mailRegistrationProof }),
    settle: createSettleRegistration({ uow, clock, mailLink }),
    sweep: createSweepRegistrations({ uow, clock, answerScheduleMs, giveUpAfterMs: 86_400_000 }),
    pass(ms: number) {
      time += ms;
    },
    async registration() {
      const found = await uow.registrations.find("r1");
      assert.ok(found);
      return found;
    },
    openSession: (id: string) =>
      uow.run(async ({ sessions, accounts }) => {
        const account = await accounts.find("u1");
        assert.ok(account);
        const now = clock.now();
        const times = { rotateTime: now, createTime: now, lastUsedTime: now, expireTime: now };
        const session = {
          id,
          userId: "u1",
          salt: new Uint8Array(16),
          counter: 1,
          userAgent: "",
          ipAddress: "",
          ...times,
        };
        assert.equal(await sessions.open(session, account.credentialVersion), true);
      }),
  };
}
