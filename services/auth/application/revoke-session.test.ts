import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createTestAccess, device } from "../infrastructure/in-memory-access.fixture.ts";

const credentials = { email: "ada@example.com", password: "correct horse battery", device };

describe("revoking sessions", () => {
  it("security 19: logout ends its session and no other", async () => {
    const access = await createTestAccess();
    const [first, second] = [await access.login(credentials), await access.login(credentials)];
    await access.logout({ userId: "ada", sessionId: first.sessionId });
    const open = await access.reader.list("ada", access.clock.now());
    assert.deepEqual(
      open.map(({ id }) => id),
      [second.sessionId],
    );
  });

  it("logs out twice as well as once", async () => {
    const access = await createTestAccess();
    const { sessionId } = await access.login(credentials);
    await access.logout({ userId: "ada", sessionId });
    await access.logout({ userId: "ada", sessionId });
    assert.equal(access.audited.filter(({ event }) => event === "session_revoked").length, 1);
  });

  it("ends another of one's sessions, once", async () => {
    const access = await createTestAccess();
    const { sessionId } = await access.login(credentials);
    await access.revokeSession({ userId: "ada", sessionId });
    assert.equal(access.uow.sessions.get(sessionId)?.revokeReason, "REVOKED");
    await assert.rejects(access.revokeSession({ userId: "ada", sessionId }), { reason: "SESSION_NOT_FOUND" });
  });

  it("security 24: does not find another person's session", async () => {
    const access = await createTestAccess();
    const { sessionId } = await access.login(credentials);
    await assert.rejects(access.revokeSession({ userId: "eve", sessionId }), {
      kind: "not-found",
      reason: "SESSION_NOT_FOUND",
    });
    assert.equal(access.uow.sessions.get(sessionId)?.revokeReason, null);
  });
});
