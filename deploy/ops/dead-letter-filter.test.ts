import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isAnything, parseLetterId, toFilter } from "./dead-letter-filter.ts";
import { UsageError } from "./exit.ts";

const now = new Date("2026-03-01T12:00:00Z");

describe("the choice of dead letters", () => {
  it("is every letter when nothing narrows it", () => {
    assert.equal(isAnything(toFilter([], {}, now)), true);
    for (const option of ["service", "queue", "reason", "type", "before", "after"] as const) {
      const values = { service: "auth", before: "1h", after: "1h", queue: "q", reason: "R", type: "T" };
      assert.equal(isAnything(toFilter([], { [option]: values[option] }, now)), false, option);
    }
    assert.equal(isAnything(toFilter(["auth:1"], {}, now)), false);
  });

  it("asks only the services that are meant", () => {
    assert.deepEqual(toFilter([], {}, now).services, ["users", "auth"]);
    assert.deepEqual(toFilter([], { service: "auth" }, now).services, ["auth"]);
    assert.deepEqual(toFilter(["users:1", "users:2"], {}, now).services, ["users"]);
    assert.deepEqual(toFilter(["users:1"], { service: "auth" }, now).services, []);
  });

  it("tells the letters of the services apart", () => {
    const { numbers } = toFilter(["users:1", "auth:1", "auth:2"], {}, now);
    assert.deepEqual(numbers, { users: ["1"], auth: ["1", "2"] });
  });

  for (const id of ["17", "users:", "users:0", "users:1x", "gateway:1", "users:1234567890123456789"]) {
    it(`knows no letter "${id}"`, () => assert.throws(() => parseLetterId(id), UsageError));
  }
});
