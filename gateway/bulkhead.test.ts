import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createBulkhead } from "./bulkhead.ts";

const full = { status: 503, reason: "OVERLOADED", headers: { "retry-after": "1" } };

describe("bulkhead", () => {
  it("refuses at once what is too much", async () => {
    const bulkhead = createBulkhead(2);
    const { promise, resolve } = Promise.withResolvers<string>();
    const inside = [bulkhead(() => promise), bulkhead(() => promise)];
    await assert.rejects(
      bulkhead(() => assert.fail("let in")),
      full,
    );
    resolve("done");
    assert.deepEqual(await Promise.all(inside), ["done", "done"]);
  });

  it("has room again when a call has ended, however it ended", async () => {
    const bulkhead = createBulkhead(1);
    for (let i = 0; i < 3; i++)
      await assert.rejects(
        bulkhead(() => Promise.reject(new Error("boom"))),
        /boom/,
      );
    assert.equal(await bulkhead(async () => "done"), "done");
  });
});
