import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { describe, it } from "node:test";
import { compactVerify, decodeProtectedHeader, errors, importSPKI, jwtVerify } from "jose";
import type { AccessClaims } from "../application/credential-ports.ts";
import { createEd25519TokenSigner } from "./ed25519-token-signer.ts";

const issueTime = new Date("2026-01-01T00:00:00.700Z");
const claims: AccessClaims = {
  userId: "user-1",
  sessionId: "session-1",
  roles: ["user", "admin"],
  emailVerified: true,
};
const { publicKey, privateKey } = generateKeyPairSync("ed25519");

const signer = createEd25519TokenSigner({
  keyRing: { signer: () => ({ kid: "k1", privateKey }) },
  issuer: "https://limen.example",
  audience: "limen",
  lifetimeMs: 600_000,
  clock: { now: () => issueTime },
});

const verified = async (token: string) =>
  jwtVerify(token, await importSPKI(publicKey.export({ type: "spki", format: "pem" }), "EdDSA"), {
    currentDate: issueTime,
  });

describe("Ed25519 token signer", () => {
  it("says all that an access token must say", async () => {
    const { payload, protectedHeader } = await verified(await signer.sign(claims));
    const { jti, ...rest } = payload;
    const iat = Date.parse("2026-01-01T00:00:00Z") / 1_000;
    assert.deepEqual(protectedHeader, { alg: "EdDSA", typ: "at+jwt", kid: "k1" });
    assert.deepEqual(rest, {
      iss: "https://limen.example",
      aud: "limen",
      sub: "user-1",
      sid: "session-1",
      iat,
      exp: iat + signer.lifetimeSeconds,
      roles: ["user", "admin"],
      email_verified: true,
    });
    assert.match(String(jti), /^[0-9a-f]{8}-[0-9a-f]{4}-4/);
    assert.equal(signer.lifetimeSeconds, 600);
  });

  it("gives each token an id of its own", async () => {
    const ids = await Promise.all([1, 2].map(async () => (await verified(await signer.sign(claims))).payload.jti));
    assert.equal(new Set(ids).size, 2);
  });

  it("signs header and claims, and nothing can be changed", async () => {
    const [header = "", body = "", signature = ""] = (await signer.sign(claims)).split(".");
    assert.equal(decodeProtectedHeader(`${header}.${body}.${signature}`).alg, "EdDSA");
    const key = await importSPKI(publicKey.export({ type: "spki", format: "pem" }), "EdDSA");
    const other = Buffer.from(JSON.stringify({ sub: "user-2" })).toString("base64url");
    for (const forged of [`${header}.${other}.${signature}`, `${header}.${body}.${signature.slice(0, -4)}AAAA`]) {
      await assert.rejects(compactVerify(forged, key), errors.JWSSignatureVerificationFailed);
    }
  });
});
