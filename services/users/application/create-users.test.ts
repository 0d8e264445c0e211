import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { answersAbout, createUsersContract } from "../infrastructure/create-users.contract.ts";
import { createInMemoryUnitOfWork } from "../infrastructure/in-memory-unit-of-work.ts";
import { createCreateUsers } from "./create-users.ts";

createUsersContract(
  "in memory",
  () => {
    const uow = createInMemoryUnitOfWork();
    return { uow, answersAbout: async (creationId) => answersAbout(uow.published(), creationId) };
  },
  500,
);

describe("create users", () => {
  it("answers in the order of the messages, each about its own creation", async () => {
    const uow = createInMemoryUnitOfWork();
    const clock = { now: () => new Date("2026-01-01T00:00:00Z") };
    await createCreateUsers({ uow, clock })([
      message("c1", "zoe@example.com"),
      message("c2", "ada@example.com"),
      message("c3", "Zoe@example.com "),
      message("c4", "ada"),
      message("c2", "other@example.com"),
    ]);
    assert.deepEqual(
      uow.published().map((event) => ("creationId" in event ? answersAbout([event], event.creationId) : [])),
      [
        ["CREATED user-c1 zoe@example.com"],
        ["CREATED user-c2 ada@example.com"],
        ["EMAIL_TAKEN"],
        ["INVALID_EMAIL"],
        ["CREATED user-c2 ada@example.com"],
      ],
    );
  });
});

let messages = 0;
const message = (creationId: string, email: string) => ({
  messageId: `m${++messages}`,
  traceparent: "",
  command: { creationId, userId: `user-${creationId}`, name: "Somebody", email },
});
