import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DomainError } from "../../platform/errors.ts";
import type { VerifiedAccess } from "./credential-ports.ts";
import { createValidateToken } from "./validate-token.ts";

const verified: VerifiedAccess = { userId: "u1", sessionId: "s1", roles: ["user"], expireTime: new Date(0) };
const validate = (answer: () => VerifiedAccess) =>
  createValidateToken({ verifier: { verify: async () => answer() } })("token");

describe("validate token", () => {
  it("tells what a good token says", async () => {
    assert.equal(await validate(() => verified), verified);
  });

  it("takes a token that does not count for an answer", async () => {
    const refuse = () => {
      throw new DomainError("unauthenticated", "INVALID_TOKEN", "the access token is not valid");
    };
    assert.equal(await validate(refuse), null);
  });

  it("security 14: fails rather than guesses while revocations cannot be known, and on a bug", async () => {
    const stale = new DomainError("unavailable", "REVOCATIONS_STALE", "revocations cannot be known at this moment");
    for (const failure of [stale, new TypeError("bug")]) {
      await assert.rejects(
        validate(() => {
          throw failure;
        }),
        failure,
      );
    }
  });
});
