import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { created, isDecided, isRejectionReason, pending, rejected, rejectionError } from "./creation.ts";
import { parseUserId } from "./user.ts";

const wish = pending("c1", parseUserId("0197a000-0000-7000-8000-000000000001"));

describe("a creation", () => {
  it("is decided once it is created or rejected", () => {
    assert.deepEqual([wish, created(wish), rejected(wish, "CANCELLED")].map(isDecided), [false, true, true]);
  });

  it("is rejected with the failure that its reason names", () => {
    for (const [reason, kind] of [
      ["EMAIL_TAKEN", "already-exists"],
      ["USER_ID_TAKEN", "already-exists"],
      ["INVALID_EMAIL", "invalid-argument"],
      ["INVALID_NAME", "invalid-argument"],
      ["CANCELLED", "aborted"],
    ] as const) {
      const error = rejectionError(reason);
      assert.deepEqual([error.reason, error.kind], [reason, kind]);
    }
  });

  it("is not rejected by any other failure", () => {
    assert.deepEqual(["EMAIL_TAKEN", "USER_DELETED", "toString"].map(isRejectionReason), [true, false, false]);
  });
});
