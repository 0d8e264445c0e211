import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createServiceCredentials } from "./service-credentials.ts";

describe("service credentials", () => {
  const credentials = createServiceCredentials([
    ["gateway", "new:secret"],
    ["gateway", "old"],
    ["users", "other"],
  ]);

  it("tells which service it is, also while its secret is being replaced", () => {
    assert.equal(credentials.verify("gateway:new:secret"), "gateway");
    assert.equal(credentials.verify("gateway:old"), "gateway");
    assert.equal(credentials.verify("users:other"), "users");
  });

  it("refuses everything else", () => {
    for (const credential of ["", ":", "gateway", "gateway:", "gateway:other", "users:old", "Gateway:old", "auth:x"]) {
      assert.throws(() => credentials.verify(credential), {
        kind: "unauthenticated",
        reason: "INVALID_SERVICE_CREDENTIAL",
      });
    }
    assert.throws(() => createServiceCredentials([]).verify(""), { reason: "INVALID_SERVICE_CREDENTIAL" });
  });
});
