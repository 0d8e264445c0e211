import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import {
  CompactEncrypt,
  type CryptoKey,
  createLocalJWKSet,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  type JWTPayload,
  type JWTVerifyGetKey,
  SignJWT,
} from "jose";
import { DomainError } from "../errors.ts";
import { createRevocationSet, type RevocationSet } from "./revocation-set.ts";
import { createTokenVerifier } from "./token-verifier.ts";

const issuer = "https://limen.example";
const audience = "limen";
let now = Date.parse("2026-01-01T00:00:00Z");
const seconds = () => Math.floor(now / 1000);

let privateKey: CryptoKey;
let publicPem: string;
let keys: JWTVerifyGetKey;
let revocations: RevocationSet;

before(async () => {
  const pair = await generateKeyPair("EdDSA", { extractable: true });
  privateKey = pair.privateKey;
  publicPem = await exportSPKI(pair.publicKey);
  keys = createLocalJWKSet({ keys: [{ ...(await exportJWK(pair.publicKey)), kid: "k1", alg: "EdDSA", use: "sig" }] });
  revocations = createRevocationSet({ now: () => now, maxStalenessMs: 86_400_000 });
  revocations.replace([]);
});

const claims = (): JWTPayload => ({
  iss: issuer,
  aud: audience,
  sub: "user-1",
  sid: "session-1",
  jti: "token-1",
  iat: seconds(),
  exp: seconds() + 600,
  roles: ["user"],
  email_verified: true,
});

const sign = (
  changes: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
  key: CryptoKey = privateKey,
) =>
  new SignJWT({ ...claims(), ...changes })
    .setProtectedHeader({ alg: "EdDSA", typ: "at+jwt", kid: "k1", ...header } as Parameters<
      SignJWT["setProtectedHeader"]
    >[0])
    .sign(key);

const verifier = (changes: Partial<Parameters<typeof createTokenVerifier>[0]> = {}) =>
  createTokenVerifier({ issuer, audience, keys, revocations, now: () => now, ...changes });

const reason = (expected: string) => (error: unknown) => {
  assert.ok(error instanceof DomainError, String(error));
  assert.equal(error.reason, expected);
  return true;
};

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

describe("token verifier", () => {
  it("security 11: tells who the token is for", async () => {
    assert.deepEqual(await verifier().verify(await sign()), {
      userId: "user-1",
      sessionId: "session-1",
      roles: ["user"],
      emailVerified: true,
      expireTime: new Date((seconds() + 600) * 1000),
    });
  });

  it("security 11: allows clocks to differ by five seconds", async () => {
    await verifier().verify(await sign({ exp: seconds() - 4 }));
    await assert.rejects(verifier().verify(await sign({ exp: seconds() - 6 })), reason("INVALID_TOKEN"));
  });

  const wrongClaims: Record<string, Record<string, unknown>> = {
    "another issuer": { iss: "https://evil.example" },
    "another audience": { aud: "billing" },
    "no subject": { sub: undefined },
    "an empty subject": { sub: "" },
    "no session": { sid: undefined },
    "a session that is no text": { sid: 7 },
    "no id": { jti: undefined },
    "no issue time": { iat: undefined },
    "no expiry": { exp: undefined },
    "no roles": { roles: undefined },
    "roles that are no list": { roles: "admin" },
    "roles that are no text": { roles: [1] },
    "a time before which it does not count": { nbf: Math.floor(Date.now() / 1000) + 1e9 },
  };
  for (const [what, changes] of Object.entries(wrongClaims)) {
    it(`security 11: refuses ${what}`, async () => {
      await assert.rejects(verifier().verify(await sign(changes)), reason("INVALID_TOKEN"));
    });
  }

  const wrongHeaders: Record<string, Record<string, unknown>> = {
    "another type": { typ: "JWT" },
    "a refresh token's type": { typ: "rt+jwt" },
    "no type": { typ: undefined },
    "an unknown key": { kid: "k2" },
    "no key": { kid: undefined },
    "a key of its own": { jwk: { kty: "OKP" } },
    "a key elsewhere": { jku: "https://evil.example/jwks.json" },
    "a certificate elsewhere": { x5u: "https://evil.example/cert.pem" },
    "a certificate of its own": { x5c: ["MIIB"] },
  };
  for (const [what, header] of Object.entries(wrongHeaders)) {
    it(`security 12: refuses ${what}`, async () => {
      await assert.rejects(verifier().verify(await sign({}, header)), reason("INVALID_TOKEN"));
    });
  }

  it("security 12: refuses critical headers and unencoded payloads", async () => {
    const [, payload, signature] = (await sign()).split(".");
    for (const extra of [{ crit: ["b64"], b64: false }, { crit: ["exp"] }, { b64: false }]) {
      const header = base64url({ alg: "EdDSA", typ: "at+jwt", kid: "k1", ...extra });
      await assert.rejects(verifier().verify(`${header}.${payload}.${signature}`), reason("INVALID_TOKEN"));
    }
  });

  it("security 12: refuses a token without a signature, and one signed with the public key as a secret", async () => {
    const none = `${base64url({ alg: "none", typ: "at+jwt", kid: "k1" })}.${base64url(claims())}.`;
    await assert.rejects(verifier().verify(none), reason("INVALID_TOKEN"));
    const confused = await new SignJWT(claims())
      .setProtectedHeader({ alg: "HS256", typ: "at+jwt", kid: "k1" })
      .sign(new TextEncoder().encode(publicPem));
    await assert.rejects(verifier().verify(confused), reason("INVALID_TOKEN"));
  });

  it("security 12: refuses another's signature, a changed payload, an encrypted token and nonsense", async () => {
    const { privateKey: other } = await generateKeyPair("EdDSA");
    const [header, , signature] = (await sign()).split(".");
    const encrypted = await new CompactEncrypt(new TextEncoder().encode(JSON.stringify(claims())))
      .setProtectedHeader({ alg: "dir", enc: "A128GCM" })
      .encrypt(new Uint8Array(16));
    const bad = [
      await sign({}, {}, other),
      `${header}.${base64url({ ...claims(), roles: ["admin"] })}.${signature}`,
      encrypted,
      "",
      "a.b.c",
      "x".repeat(5000),
    ];
    for (const token of bad) await assert.rejects(verifier().verify(token), reason("INVALID_TOKEN"));
  });

  it("verifies the signature once, and asks for the revocation every time", async () => {
    let lookups = 0;
    const counted: JWTVerifyGetKey = (header, token) => {
      lookups++;
      return keys(header, token);
    };
    const token = await sign({ sid: "session-2" });
    const subject = verifier({ keys: counted });
    await subject.verify(token);
    await subject.verify(token);
    assert.equal(lookups, 1);
    revocations.add([{ sessionId: "session-2", expireTime: new Date(now + 600_000) }]);
    await assert.rejects(subject.verify(token), reason("INVALID_TOKEN"));
  });

  it("security 13: forgets a signature so soon that a withdrawn key ends within a minute", async () => {
    let known = true;
    const withdrawn: JWTVerifyGetKey = (header, token) => keys(known ? header : { ...header, kid: "gone" }, token);
    const token = await sign();
    const subject = verifier({ keys: withdrawn });
    await subject.verify(token);
    known = false;
    await subject.verify(token);
    // The rest of the minute is for the key set to be fetched again: 30 s, and 5 s in auth-service.
    now += 20_001;
    await assert.rejects(subject.verify(token), reason("INVALID_TOKEN"));
  });

  it("does not remember a token beyond its end", async () => {
    const subject = verifier();
    const token = await sign({ exp: seconds() + 1 });
    await subject.verify(token);
    now += 7000;
    await assert.rejects(subject.verify(token), reason("INVALID_TOKEN"));
  });

  it("says so when it cannot know", async () => {
    const away: JWTVerifyGetKey = async () => {
      throw new TypeError("fetch failed");
    };
    await assert.rejects(verifier({ keys: away }).verify(await sign()), reason("KEYS_UNAVAILABLE"));
    const stale = createRevocationSet({ now: () => now, maxStalenessMs: 1000 });
    await assert.rejects(verifier({ revocations: stale }).verify(await sign()), reason("REVOCATIONS_STALE"));
  });
});
