import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { certificateNames, createServiceCertificates } from "./service-certificates.ts";

describe("service certificates", () => {
  const certificates = createServiceCertificates(
    new Map([
      ["spiffe://limen.example/gateway", "gateway"],
      ["gateway.limen.svc", "gateway"],
      ["users-api.limen.svc", "users"],
    ]),
  );
  const show = (...names: string[]) => ({ credential: null, certificateNames: names });

  it("tells which service it is by any of the certificate's names", () => {
    assert.equal(certificates.identify(show("spiffe://limen.example/gateway")), "gateway");
    assert.equal(certificates.identify(show("somewhere.else", "users-api.limen.svc")), "users");
  });

  it("refuses a certificate that names nobody on the list", () => {
    const refusal = { kind: "permission-denied", reason: "PEER_NOT_ALLOWED" };
    for (const names of [[], ["gateway"], ["GATEWAY.limen.svc"], ["spiffe://limen.example/gateway/x"]]) {
      assert.throws(() => certificates.identify(show(...names)), refusal);
    }
  });

  it("takes a caller without a certificate for no service, and no secret from anybody", () => {
    assert.equal(certificates.identify({ credential: null, certificateNames: undefined }), undefined);
    for (const names of [undefined, ["gateway.limen.svc"]]) {
      assert.throws(() => certificates.identify({ credential: "gateway:secret", certificateNames: names }), {
        reason: "INVALID_SERVICE_CREDENTIAL",
      });
    }
  });
});

describe("the names in a certificate", () => {
  it("are its DNS names and URIs", () => {
    const text = "DNS:gateway, IP Address:10.0.0.7, URI:spiffe://limen.example/gateway, email:ada@example.com";
    assert.deepEqual(certificateNames(text), ["gateway", "spiffe://limen.example/gateway"]);
    assert.deepEqual(certificateNames(undefined), []);
  });

  it("are not what a name has made up in its own text", () => {
    assert.deepEqual(certificateNames('URI:"x, DNS:gateway", DNS:users'), ["users"]);
    assert.deepEqual(certificateNames('DNS:"a\\", DNS:gateway"'), []);
  });
});
