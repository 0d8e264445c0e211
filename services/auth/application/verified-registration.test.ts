import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { newAccount } from "../domain/account.ts";
import type { Email } from "../domain/email.ts";
import { device, snapshot } from "../infrastructure/in-memory-access.fixture.ts";
import {
  createTestPasswords,
  ipAddress,
  minuteMs,
  newPassword as password,
} from "../infrastructure/in-memory-passwords.fixture.ts";
import { sha256RequestDigest } from "../infrastructure/sha256-request-digest.ts";
import { createAdvanceRegistration } from "./advance-registration.ts";
import { createMailLink } from "./mail-link.ts";
import { createMailRegistrationProof } from "./mail-registration-proof.ts";
import { createRegister } from "./register.ts";
import { createSettleRegistration } from "./settle-registration.ts";
import { createSweepRegistrations } from "./sweep-registrations.ts";

const free = "grace@example.com" as Email;
const taken = "ada@example.com" as Email;

describe("registration of proven addresses only", () => {
  it("security 8: does and answers the same for an address that somebody has", async () => {
    const test = await setup();
    const observed = async (email: Email) => {
      const [sent, mails, hashed] = [test.uow.sent.length, test.uow.mails.length, test.hasher.verified.length];
      const { registration, tokens } = await test.register(email);
      return {
        answer: [registration.state, registration.reason, tokens],
        effects: test.uow.sent.slice(sent).map(({ type }) => type),
        mails: test.uow.mails.length - mails,
        verified: test.hasher.verified.length - hashed,
      };
    };
    const unknown = await observed(free);
    assert.deepEqual(unknown, {
      answer: ["AWAITING_PROOF", null, null],
      effects: ["register-user"],
      mails: 0,
      verified: 0,
    });
    assert.deepEqual(await observed(taken), unknown);
  });

  it("asks for nothing before the proof, and then goes on", async () => {
    const test = await setup();
    const { id } = await test.registerAndMail(free);
    assert.deepEqual(test.commands(), []);
    await test.verifyEmail({ token: await test.mailedToken(), ipAddress });
    await test.advance(id, "after the proof");
    assert.deepEqual(test.commands(), ["create-user"]);
    const userId = (await test.uow.registrations.find(id))?.userId ?? "";
    await test.settle.userCreated(id, { ...snapshot("grace"), userId }, "created");
    const account = await test.uow.accounts.find(userId);
    assert.deepEqual([account?.emailVerified, account?.passwordHash], [true, `v1:${password}`]);
    assert.deepEqual(
      test.uow.mails.map(({ template }) => template),
      ["REGISTRATION"],
    );
  });

  it("tells the owner of an address, who gets no link to a registration", async () => {
    const test = await setup();
    await test.registerAndMail(taken);
    assert.deepEqual(
      test.uow.mails.map(({ template, to, proofId }) => [template, to, proofId]),
      [["ALREADY_REGISTERED", taken, null]],
    );
  });

  it("reminds whoever was invited of that", async () => {
    const test = await setup();
    await test.save(newAccount(snapshot("grace"), test.clock.now()));
    await test.registerAndMail(free);
    assert.equal(test.uow.mails[0]?.template, "INVITATION");
  });

  it("security 20: a proof counts once, and for its own registration", async () => {
    const test = await setup();
    const first = await test.registerAndMail(free);
    const firstToken = await test.mailedToken();
    const second = await test.registerAndMail(free);
    const secondToken = await test.mailedToken();
    await test.verifyEmail({ token: firstToken, ipAddress });
    await assert.rejects(test.verifyEmail({ token: firstToken, ipAddress }), { reason: "INVALID_PROOF" });
    assert.deepEqual(
      [(await test.progress(first.id))?.state, (await test.progress(second.id))?.state],
      ["ACCEPTED", "AWAITING_PROOF"],
    );
    await assert.rejects(test.resetPassword({ token: secondToken, newPassword: password, ipAddress }), {
      reason: "INVALID_PROOF",
    });
    await test.verifyEmail({ token: secondToken, ipAddress });
  });

  it("security 20: ends when the proof has not come in time, and forgets the person", async () => {
    const test = await setup();
    const { id } = await test.registerAndMail(free);
    test.time.ms += 30 * minuteMs;
    await assert.rejects(test.verifyEmail({ token: await test.mailedToken(), ipAddress }), { reason: "INVALID_PROOF" });
    await test.sweep(10);
    const registration = await test.progress(id);
    assert.deepEqual(
      [registration?.state, registration?.reason, registration?.applicant],
      ["FAILED", "PROOF_EXPIRED", null],
    );
  });

  it("sends the mail though the message that asked for it was lost, and mails once", async () => {
    const test = await setup();
    const { registration } = await test.register(free);
    test.time.ms += 5_000;
    await test.sweep(10);
    assert.deepEqual(
      test.uow.sent.map(({ type }) => type),
      ["register-user", "register-user"],
    );
    await test.advance(registration.id, "m1");
    await test.advance(registration.id, "m2");
    assert.equal(test.uow.mails.length, 1);
  });
});

async function setup() {
  const test = await createTestPasswords();
  const { uow, clock, ids, guard, hasher } = test;
  const answerScheduleMs = [5_000];
  const proofLifetimesMs = {
    RESET: minuteMs,
    VERIFY_EMAIL: minuteMs,
    CHANGE_EMAIL: minuteMs,
    INVITATION: minuteMs,
    REGISTRATION: 30 * minuteMs,
  };
  const mailLink = createMailLink({ clock, ids, proofLifetimesMs });
  const mailRegistrationProof = createMailRegistrationProof({ clock, mailLink, proofLifetimesMs });
  const advance = createAdvanceRegistration({ uow, clock, answerScheduleMs, mailRegistrationProof });
  const register = createRegister({
    ...test,
    registrations: uow.registrations,
    accounts: uow.accounts,
    waiter: { wait: () => assert.fail("nobody waits for a proof") },
    policy: async (plain) => plain,
    hasher,
    digest: sha256RequestDigest,
    guard,
    answerScheduleMs,
    idempotencyMs: 86_400_000,
    mode: "verified",
  });
  const request = (email: Email) =>
    register({ name: "Grace", email, password, idempotencyKey: null, waitMs: 2_000, device, locale: "en" });
  return {
    ...test,
    advance,
    settle: createSettleRegistration({ uow, clock, mailLink }),
    sweep: createSweepRegistrations({ uow, clock, answerScheduleMs, giveUpAfterMs: 86_400_000 }),
    register: request,
    async registerAndMail(email: Email) {
      const { registration } = await request(email);
      await advance(registration.id, `message of ${registration.id}`);
      return registration;
    },
    progress: (id: string) => uow.registrations.find(id),
    commands: () => uow.sent.map(({ type }) => type).filter((type) => type !== "register-user"),
  };
}
