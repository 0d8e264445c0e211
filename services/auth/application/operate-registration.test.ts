import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { UserSnapshot } from "../domain/account.ts";
import type { Email } from "../domain/email.ts";
import { accepted, creating, type Registration } from "../domain/registration.ts";
import { createInMemoryUnitOfWork } from "../infrastructure/in-memory-unit-of-work.ts";
import { createAdvanceRegistration } from "./advance-registration.ts";
import { createCancelRegistration } from "./cancel-registration.ts";
import { createResendRegistration } from "./resend-registration.ts";
import { createSettleRegistration } from "./settle-registration.ts";

describe("resending a registration", () => {
  it("sends the command that is pending, and puts the next time off", async () => {
    const { uow, resend, stored } = await setup();
    const first = await resend("r1");
    assert.equal(first.outcome, "SENT");
    assert.deepEqual(uow.sent, [{ type: "register-user", registrationId: "r1" }]);
    const { sends, nextSendTime, state } = await stored();
    assert.deepEqual([state, sends, nextSendTime?.getTime()], ["ACCEPTED", 2, now.getTime() + 15_000]);
  });

  it("asks for the user where that is what nobody has answered", async () => {
    const { uow, resend } = await setup((registration) => creating(registration, now, now));
    await resend("r1");
    assert.equal(uow.sent.at(-1)?.type, "create-user");
  });

  it("sends nothing while the command waits in the outbox, or when all is over", async () => {
    const { uow, resend, settle } = await setup();
    uow.waiting.add("r1");
    assert.equal((await resend("r1")).outcome, "ALREADY_WAITING");
    uow.waiting.clear();
    await settle.userCreationRejected("r1", "EMAIL_TAKEN", "m1");
    const { registration, outcome } = await resend("r1");
    assert.deepEqual([outcome, registration.state], ["FINISHED", "REJECTED"]);
    assert.deepEqual(uow.sent, []);
  });

  it("knows what is no registration", async () => {
    const { resend } = await setup();
    await assert.rejects(resend("r2"), { reason: "REGISTRATION_NOT_FOUND" });
  });
});

describe("cancelling a registration", () => {
  it("asks users-service, once, and fails when that agrees", async () => {
    const { uow, cancel, settle, stored } = await setup();
    assert.equal((await cancel("r1")).outcome, "CANCELLING");
    assert.equal((await cancel("r1")).outcome, "ALREADY_CANCELLING");
    assert.deepEqual(uow.sent, [{ type: "cancel-user-creation", creationId: "r1", userId: "u1" }]);
    assert.equal((await stored()).state, "COMPENSATING");
    await settle.userCreationRejected("r1", "CANCELLED", "m1");
    assert.deepEqual([(await stored()).state, (await cancel("r1")).outcome], ["FAILED", "FINISHED"]);
  });

  it("loses against a creation that came first", async () => {
    const { cancel, settle, stored } = await setup((registration) => creating(registration, now, now));
    await cancel("r1");
    const created: UserSnapshot = { userId: "u1", email, status: "ACTIVE", version: 1 };
    await settle.userCreated("r1", created, "m1");
    assert.equal((await stored()).state, "COMPLETED");
  });

  it("lets no command that is still on its way take the registration up again", async () => {
    const { uow, cancel, advance, stored } = await setup();
    await cancel("r1");
    await advance("r1", "m1");
    assert.deepEqual([(await stored()).state, uow.sent.length], ["COMPENSATING", 1]);
  });

  it("knows what is no registration", async () => {
    const { cancel } = await setup();
    await assert.rejects(cancel("r2"), { reason: "REGISTRATION_NOT_FOUND" });
  });
});

const now = new Date("2026-01-01T00:00:00Z");
const email = "ada@example.com" as Email;

async function setup(step: (registration: Registration) => Registration = (registration) => registration) {
  const uow = createInMemoryUnitOfWork();
  const applicant = { name: "Ada", email, passwordHash: "hash", locale: "en" as const, emailVerified: false };
  const registration = accepted(
    { id: "r1", userId: "u1", applicant, idempotencyKey: null, requestHash: new Uint8Array() },
    now,
    now,
  );
  await uow.run(({ registrations }) => registrations.add(step(registration), new Date(0)));
  const deps = { uow, clock: { now: () => now }, answerScheduleMs: [5_000, 15_000, 60_000] };
  return {
    uow,
    resend: createResendRegistration(deps),
    cancel: createCancelRegistration(deps),
    advance: createAdvanceRegistration({ ...deps, mailRegistrationProof: async () => undefined }),
    settle: createSettleRegistration({ ...deps, mailLink: async () => undefined }),
    async stored() {
      const found = await uow.registrations.find("r1");
      assert.ok(found);
      return found;
    },
  };
}
