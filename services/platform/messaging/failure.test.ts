import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DomainError } from "../errors.ts";
import { isUnavailable, verdict } from "./failure.ts";
import { PermanentFailure } from "./message.ts";

describe("verdict on a failed delivery", () => {
  it("is death for a permanent failure at the first attempt, wherever in the cause chain it is", () => {
    const failure = new PermanentFailure("INVALID_BODY", "a rule is broken");
    assert.equal(verdict(new Error("while handling", { cause: failure }), 1, 6), failure);
  });

  it("is another attempt for anything else, until there were enough", () => {
    const bug = new TypeError("select password_hash from accounts");
    assert.equal(verdict(bug, 5, 6), undefined);
    const failure = verdict(bug, 6, 6);
    assert.equal(failure?.reason, "ATTEMPTS_EXHAUSTED");
    assert.equal(failure?.cause, bug);
    assert.doesNotMatch(failure?.message ?? "", /password/);
  });
});

describe("unavailability", () => {
  it("is found in the cause chain, and nothing else is taken for it", () => {
    const outage = new DomainError("unavailable", "DEPENDENCY_UNAVAILABLE", "the database is not available");
    assert.equal(isUnavailable(new Error("while handling", { cause: outage })), true);
    assert.equal(isUnavailable(new DomainError("aborted", "ETAG_MISMATCH", "changed meanwhile")), false);
    assert.equal(isUnavailable("unavailable"), false);
  });
});
