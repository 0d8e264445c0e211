import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, it } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { decodeProtectedHeader, errors, jwtVerify } from "jose";
import { createLog } from "../../platform/log.ts";
import { createEd25519TokenSigner } from "./ed25519-token-signer.ts";
import { createInMemorySigningKeys } from "./in-memory-signing-keys.ts";
import { createKeyRing, type KeyRing, type SigningKeyStore } from "./key-ring.ts";
import { createSigningKeyCipher } from "./signing-key-cipher.ts";
import { createSigningKeyOperations } from "./signing-key-operations.ts";

const log = createLog("silent", "test");
const masterKey = randomBytes(32);
const dayMs = 86_400_000;
const schedule = { rotationMs: 30 * dayMs, announceMs: 600_000, spreadMs: 0, retireMs: dayMs };
const claims = { userId: "u1", sessionId: "s1", roles: ["user", "admin"], emailVerified: true } as const;

describe("key ring", () => {
  it("makes the first keys, and signs with the current one", async (t) => {
    const { ring, sign } = await started(t);
    const { kid, typ, alg } = decodeProtectedHeader(await sign());
    assert.deepEqual([kid, typ, alg], [ring.signer().kid, "at+jwt", "EdDSA"]);
    assert.equal(ring.published().length, 2);
  });

  it("security 11: signs the claims of RFC 9068, for ten minutes, each token with an id of its own", async (t) => {
    const { sign, verify, clock } = await started(t);
    const [first, second] = [await verify(await sign()), await verify(await sign())];
    const iat = Math.floor(clock.ms / 1_000);
    const { jti, ...rest } = first;
    assert.deepEqual(rest, {
      iss: "limen",
      aud: "everyone",
      sub: "u1",
      sid: "s1",
      roles: ["user", "admin"],
      email_verified: true,
      iat,
      exp: iat + 600,
    });
    assert.notEqual(jti, second.jti);
  });

  it("refuses to sign before the keys were read, and says that it is not ready", () => {
    const { ring } = createRing(createInMemorySigningKeys());
    assert.equal(ring.ready(), false);
    assert.throws(() => ring.signer(), { kind: "unavailable", reason: "KEYS_UNAVAILABLE" });
  });

  it("security 13: verifies what the previous key signed, and publishes three keys after a rotation", async (t) => {
    const { ring, rotate, sign, verify } = await started(t);
    const before = { kid: ring.signer().kid, token: await sign() };
    await rotate();
    assert.notEqual(ring.signer().kid, before.kid);
    assert.equal(ring.published().length, 3);
    assert.equal((await verify(before.token)).sub, "u1");
    assert.equal((await verify(await sign())).sub, "u1");
  });

  it("security 13: verifies what another instance signs with a key that it has not seen yet", async (t) => {
    const store = createInMemorySigningKeys();
    const [here, there] = [await started(t, store), await started(t, store)];
    await there.rotate();
    await there.rotate();
    assert.equal((await here.verify(await there.sign())).sub, "u1");
  });

  it("security 12: does not find an unknown kid, and asks the store for it once per interval only", async (t) => {
    const store = createInMemorySigningKeys();
    const list = t.mock.method(store, "list");
    const { ring } = await started(t, store);
    const before = list.mock.callCount();
    for (let i = 0; i < 10; i++) {
      const ask = async () =>
        ring.verificationKey({ alg: "EdDSA", kid: `unknown ${i}` }, { payload: "", signature: "" });
      await assert.rejects(ask, errors.JWKSNoMatchingKey);
    }
    assert.equal(list.mock.callCount(), before + 1);
  });

  it("signs with the next key when its time has come, without being told", async (t) => {
    const { ring, clock } = await started(t);
    const [first] = [ring.signer().kid];
    clock.ms += schedule.rotationMs;
    assert.notEqual(ring.signer().kid, first);
  });

  it("uses no key that it cannot open", async (t) => {
    const store = createInMemorySigningKeys();
    await started(t, store);
    const { ring } = createRing(store, randomBytes(32));
    ring.start();
    t.after(() => ring.stop());
    await nextTurn();
    assert.equal(ring.ready(), false);
  });
});

function createRing(store: SigningKeyStore, key = masterKey) {
  const clock = { ms: Date.parse("2026-01-01T00:00:00Z") };
  const deps = { store, schedule, clock: { now: () => new Date(clock.ms) }, log };
  const cipher = createSigningKeyCipher({ masterKeys: [key] });
  const ring = createKeyRing({ ...deps, cipher });
  const rotate = async () => {
    await createSigningKeyOperations({ ...deps, cipher }).rotate();
    await ring.reload();
  };
  const signer = createEd25519TokenSigner({
    keyRing: ring,
    issuer: "limen",
    audience: "everyone",
    lifetimeMs: 600_000,
    clock: deps.clock,
  });
  const verify = async (token: string) =>
    (await jwtVerify(token, ring.verificationKey, { currentDate: new Date(clock.ms) })).payload;
  return { ring, rotate, clock, verify, sign: () => signer.sign(claims) };
}

async function started(t: { after(fn: () => Promise<void>): void }, store = createInMemorySigningKeys()) {
  const opened = createRing(store);
  opened.ring.start();
  t.after(() => opened.ring.stop());
  await untilReady(opened.ring);
  return opened;
}

async function untilReady(ring: KeyRing): Promise<void> {
  while (!ring.ready()) await nextTurn();
}
