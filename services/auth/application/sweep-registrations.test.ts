import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Email } from "../domain/email.ts";
import type { Locale } from "../domain/locale.ts";
import { accepted } from "../domain/registration.ts";
import { createInMemoryUnitOfWork } from "../infrastructure/in-memory-unit-of-work.ts";
import type { UnitOfWork } from "./ports.ts";
import { createSweepRegistrations } from "./sweep-registrations.ts";

const begin = new Date("2026-01-01T00:00:00Z");
const due = new Date("2026-01-01T00:00:05Z");

describe("the sweep of registrations", () => {
  it("asks once for all what still waits in the outbox: while it asks, nobody else can go on with any of them", async () => {
    const memory = createInMemoryUnitOfWork();
    const ids = Array.from({ length: 30 }, (_, index) => `r${index}`);
    await memory.run(async ({ registrations }) => {
      for (const id of ids) await registrations.add(accepted(registrationOf(id), begin, due), begin);
    });
    for (const id of ids.slice(20)) memory.waiting.add(id);
    const asked: (readonly string[])[] = [];
    const uow: UnitOfWork = {
      ...memory,
      run: (work) =>
        memory.run((tx) =>
          work({
            ...tx,
            messages: {
              ...tx.messages,
              findUnsent(of) {
                asked.push(of);
                return tx.messages.findUnsent(of);
              },
            },
          }),
        ),
    };
    const sweep = createSweepRegistrations({
      uow,
      clock: { now: () => due },
      answerScheduleMs: [5_000],
      giveUpAfterMs: 86_400_000,
    });
    assert.equal(await sweep(100), 30);
    assert.deepEqual(asked, [ids]);
    assert.deepEqual(
      memory.sent,
      ids.slice(0, 20).map((registrationId) => ({ type: "register-user", registrationId })),
    );
    assert.equal(await sweep(100), 0);
  });
});

const registrationOf = (id: string) => ({
  id,
  userId: `user of ${id}`,
  applicant: {
    name: "Ada",
    email: `${id}@example.com` as Email,
    passwordHash: "hash",
    locale: "en" as Locale,
    emailVerified: false,
  },
  idempotencyKey: null,
  requestHash: new Uint8Array(),
});
