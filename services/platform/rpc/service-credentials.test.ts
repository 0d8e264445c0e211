import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createServiceCredentials } from "./service-credentials.ts";

const show = (credential: string | null) => ({ credential, certificateNames: undefined });

describe("service credentials", () => {
  const credentials = createServiceCredentials([
    ["gateway", "new:secret"],
    ["gateway", "old"],
    ["users", "other"],
  ]);

  it("tells which service it is, also while its secret is being replaced", () => {
    assert.equal(credentials.identify(show("gateway:new:secret")), "gateway");
    assert.equal(credentials.identify(show("gateway:old")), "gateway");
    assert.equal(credentials.identify(show("users:other")), "users");
  });

  it("takes a caller who shows none for no service", () => {
    assert.equal(credentials.identify(show(null)), undefined);
  });

  it("refuses everything else", () => {
    const invalid = { kind: "unauthenticated", reason: "INVALID_SERVICE_CREDENTIAL" };
    for (const credential of ["", ":", "gateway", "gateway:", "gateway:other", "users:old", "Gateway:old", "auth:x"]) {
      assert.throws(() => credentials.identify(show(credential)), invalid);
    }
    assert.throws(() => createServiceCredentials([]).identify(show("")), invalid);
  });
});
