import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DomainError } from "../../platform/errors.ts";
import { created, pending, rejected } from "../domain/creation.ts";
import { parseUserId } from "../domain/user.ts";
import { createInMemoryUnitOfWork } from "../infrastructure/in-memory-unit-of-work.ts";
import type { Decisions } from "./ports.ts";
import { createRequestUserCreation } from "./request-user-creation.ts";

const creationId = "0197a000-0000-7000-8000-000000000001";
const userId = "0197a000-0000-7000-8000-000000000002";
const wish = pending(creationId, parseUserId(userId));
const ada = { name: " Ada ", email: "Ada@Example.com" };
const now = new Date("2026-01-01T00:00:00Z");
const wait = { timeoutMs: 1_000 };

describe("request user creation", () => {
  it("records the creation and asks for it in one unit of work", async () => {
    const { requestUserCreation, uow } = setup();
    assert.deepEqual(await requestUserCreation({ ...ada, wait: null }), wish);
    assert.deepEqual(uow.requested(), [{ creationId, userId, name: "Ada", email: "ada@example.com" }]);
    const known = await uow.run(({ creations }) => creations.claim(pending(creationId, parseUserId(creationId))));
    assert.deepEqual(known, wish);
    const later = new Date(now.getTime() + 5_000);
    assert.deepEqual(await uow.run(({ creations }) => creations.findOverdue(later, 10)), [
      { creation: wish, name: "Ada", email: "ada@example.com", sends: 1, nextSendTime: later },
    ]);
  });

  it("refuses at once what can never be a user", async () => {
    const { requestUserCreation, uow } = setup();
    await assert.rejects(requestUserCreation({ ...ada, name: "", wait: null }), { reason: "INVALID_NAME" });
    await assert.rejects(requestUserCreation({ ...ada, email: "ada", wait: null }), { reason: "INVALID_EMAIL" });
    assert.equal(uow.requested().length, 0);
  });

  it("answers with the decision that came while it waited", async () => {
    const { requestUserCreation } = setup(async () => created(wish));
    assert.deepEqual(await requestUserCreation({ ...ada, wait }), created(wish));
  });

  it("answers that it is pending when the wait is over", async () => {
    const { requestUserCreation } = setup(async () => null);
    assert.deepEqual(await requestUserCreation({ ...ada, wait }), wish);
  });

  it("fails with the rejection that came while it waited", async () => {
    const { requestUserCreation } = setup(async () => rejected(wish, "EMAIL_TAKEN"));
    await assert.rejects(
      requestUserCreation({ ...ada, wait }),
      (error) => error instanceof DomainError && error.kind === "already-exists" && error.reason === "EMAIL_TAKEN",
    );
  });
});

function setup(decided: Decisions["waitFor"] = () => assert.fail("nobody asked to wait")) {
  const uow = createInMemoryUnitOfWork();
  const ids = [creationId, userId];
  const requestUserCreation = createRequestUserCreation({
    uow,
    ids: { next: () => ids.shift() ?? assert.fail("no more ids") },
    clock: { now: () => now },
    decisions: { waitFor: decided },
    answerSchedule: [5_000],
  });
  return { uow, requestUserCreation };
}
