import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createLog } from "../../platform/log.ts";
import type { UserReader } from "../application/ports.ts";
import { type Creation, created, pending } from "../domain/creation.ts";
import { parseUserId } from "../domain/user.ts";
import { createCreationWaiter } from "./creation-waiter.ts";

const wish = pending("c1", parseUserId("0197a000-0000-7000-8000-000000000001"));
const wait = { timeoutMs: 5_000 };

describe("waiting for a creation", () => {
  it("ends with the decision", async () => {
    const seen: Creation[] = [wish, wish, created(wish)];
    const decision = await waiterOn(async () => seen.splice(0, 1)).waitFor("c1", wait);
    assert.deepEqual(decision, created(wish));
  });

  it("ends without one when the time is over", async () => {
    assert.equal(await waiterOn(async () => [wish]).waitFor("c1", { timeoutMs: 30 }), null);
  });

  it("ends without one when it cannot be known, because the creation is asked for all the same", async () => {
    const waiter = waiterOn(async () => {
      throw new Error("connection lost");
    });
    assert.equal(await waiter.waitFor("c1", wait), null);
  });
});

const waiterOn = (findCreations: UserReader["findCreations"]) =>
  createCreationWaiter({ reader: { findCreations }, log: createLog("silent", "test") });
