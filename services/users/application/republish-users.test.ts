import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { newUser, parseEmail, parseName, suspend, type User, type UserId } from "../domain/user.ts";
import { createInMemoryUnitOfWork } from "../infrastructure/in-memory-unit-of-work.ts";
import type { UserReader } from "./ports.ts";
import { createRepublishUsers } from "./republish-users.ts";

describe("republishing users", () => {
  it("tells of each user as they are now", async () => {
    const { republish, published } = setup([person(1), suspend(person(2), later)]);
    assert.deepEqual(await republish("all", async () => {}), { count: 2, missing: [] });
    const [, suspended] = published();
    assert.deepEqual(suspended, {
      type: "user-updated",
      userId: id(2),
      email: "ada2@example.com",
      status: "SUSPENDED",
      version: 2,
      occurTime: later,
      actor: null,
    });
  });

  it("goes through all of them, batch by batch, each once", async () => {
    const people = Array.from({ length: 450 }, (_, index) => person(index));
    const { republish, published } = setup(people);
    const batches: number[] = [];
    const { count } = await republish("all", async (size) => void batches.push(size));
    assert.deepEqual([count, batches], [450, [200, 200, 50]]);
    const told = new Set(published().map((event) => "userId" in event && event.userId));
    assert.deepEqual(told, new Set(people.map((user) => user.id)));
  });

  it("tells of the given ones alone, and says whom it does not know", async () => {
    const { republish, published } = setup([person(1), person(2)]);
    const result = await republish([id(2), id(9), id(2)], async () => {});
    assert.deepEqual(result, { count: 1, missing: [id(9)] });
    assert.equal(published().length, 1);
  });

  it("tells nothing where there is nobody", async () => {
    const { republish, published } = setup([]);
    assert.deepEqual(await republish("all", async () => assert.fail()), { count: 0, missing: [] });
    assert.deepEqual(published(), []);
  });
});

const now = new Date("2026-01-01T00:00:00Z");
const later = new Date("2026-01-02T00:00:00Z");
const id = (number: number) => `00000000-0000-7000-8000-${String(number).padStart(12, "0")}` as UserId;
const person = (number: number) => newUser(id(number), parseName("Ada"), parseEmail(`ada${number}@example.com`), now);

function setup(people: readonly User[]) {
  const uow = createInMemoryUnitOfWork();
  const unused = () => Promise.reject(new Error("is not asked here"));
  const reader: UserReader = {
    ...{ find: unused, findCreation: unused, findCreations: unused },
    findMany: async (ids) => people.filter((user) => ids.includes(user.id)),
    list: async ({ after, limit }) => people.filter((user) => after === null || user.id > after).slice(0, limit),
  };
  return { republish: createRepublishUsers({ uow, reader }), published: uow.published };
}
