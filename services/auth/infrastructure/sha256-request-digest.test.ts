import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sha256RequestDigest } from "./sha256-request-digest.ts";

describe("request digest", () => {
  it("is the same for the same parts", () => {
    assert.deepEqual(sha256RequestDigest(["Ada", "ada@example.com"]), sha256RequestDigest(["Ada", "ada@example.com"]));
    assert.equal(sha256RequestDigest([]).length, 32);
  });

  it("tells parts apart that read the same when they are joined", () => {
    assert.notDeepEqual(sha256RequestDigest(["ab", "c"]), sha256RequestDigest(["a", "bc"]));
    assert.notDeepEqual(sha256RequestDigest(["1:a", ""]), sha256RequestDigest(["", "1:a"]));
  });
});
