import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, beforeEach, describe, it } from "node:test";
import { jwtVerify } from "jose";
import { createEd25519TokenSigner } from "./ed25519-token-signer.ts";
import { createKeyRing, type KeyRing } from "./key-ring.ts";
import { createPostgresSigningKeys } from "./postgres-signing-keys.ts";
import { createSigningKeyCipher } from "./signing-key-cipher.ts";
import { createSigningKeyOperations } from "./signing-key-operations.ts";
import { openAuthDatabase, silent } from "./test-database.fixture.ts";

const masterKey = randomBytes(32);
const cipher = createSigningKeyCipher({ masterKeys: [masterKey] });
const schedule = { rotationMs: 86_400_000, announceMs: 600_000, spreadMs: 0, retireMs: 3_600_000 };

describe("signing keys in PostgreSQL", () => {
  let auth: Awaited<ReturnType<typeof openAuthDatabase>>;
  before(async () => {
    auth = await openAuthDatabase();
  });
  beforeEach(
    async () => void (await auth.db.pool.query("delete from auth.signing_keys; delete from auth.audit_events")),
  );
  after(() => auth.close());

  const store = () => createPostgresSigningKeys({ ...auth, pool: auth.db.pool, log: silent });
  const operations = (masterKeys = [masterKey], times = schedule) =>
    createSigningKeyOperations({
      store: store(),
      cipher: createSigningKeyCipher({ masterKeys }),
      schedule: times,
      clock: auth.clock,
    });
  const createRing = () =>
    createKeyRing({ store: store(), cipher, schedule, clock: auth.clock, log: silent, reloadMs: 20 });

  it("several instances that start at once make one pair of keys together", async (t) => {
    const rings = await Promise.all(Array.from({ length: 5 }, () => started(t, createRing())));
    assert.equal(new Set(rings.map((ring) => ring.signer().kid)).size, 1);
    assert.equal((await store().list()).length, 2);
  });

  it("keeps keys as they are, and their private halves sealed", async (t) => {
    const ring = await started(t, createRing());
    const keys = await store().list();
    assert.deepEqual(
      keys.map(({ privateKey, ...key }) => ({ ...key, privateKey: Buffer.from(privateKey) })),
      ring.published().map(({ privateKey, ...key }) => ({ ...key, privateKey: Buffer.from(privateKey) })),
    );
    const { rows } = await auth.db.pool.query<{ row: string }>("select k::text as row from auth.signing_keys k");
    const secret = ring.signer().privateKey.export({ format: "der", type: "pkcs8" });
    for (const { row } of rows) assert.equal(row.includes(secret.toString("hex").slice(32)), false);
  });

  it("security 13: a rotation here is followed there", async (t) => {
    const [here, there] = [await started(t, createRing()), await started(t, createRing())];
    const before = there.signer().kid;
    await operations().rotate();
    await until(() => there.signer().kid !== before && here.signer().kid !== before);
    assert.equal(there.signer().kid, here.signer().kid);
    assert.equal(there.published().length, 3);
  });

  it("forgets keys that are past their time when it keeps others", async (t) => {
    await started(t, createRing());
    await operations().rotate();
    await auth.db.pool.query(
      "update auth.signing_keys set expire_time = now() where expire_time <= now() + interval '1 hour'",
    );
    await operations().rotate();
    assert.equal((await store().list()).length, 3);
  });

  it("security 13: operators who rotate at once rotate once", async (t) => {
    await started(t, createRing());
    const spread = { ...schedule, spreadMs: 60_000 };
    await Promise.all(Array.from({ length: 5 }, () => operations([masterKey], spread).rotate()));
    assert.equal((await store().list()).length, 2);
    const { rows } = await auth.db.pool.query(
      "select actor, details from auth.audit_events where type = 'signing_key_rotated' and actor = 'operator'",
    );
    assert.equal(rows.length, 1);
  });

  it("security 13: no token fails while keys rotate under load", async (t) => {
    const [signing, verifying] = [await started(t, createRing()), await started(t, createRing())];
    const sign = createEd25519TokenSigner({
      keyRing: signing,
      issuer: "limen",
      audience: "limen",
      lifetimeMs: 600_000,
      clock: auth.clock,
    });
    const claims = { userId: "u1", sessionId: "s1", roles: ["user"], emailVerified: false } as const;
    const kids = new Set<string | undefined>();
    let rotations = 0;
    const rotating = (async () => {
      for (; rotations < 5; rotations++) {
        const before = signing.signer().kid;
        await operations().rotate();
        await until(() => signing.signer().kid !== before);
      }
    })();
    const load = Array.from({ length: 4 }, async () => {
      while (rotations < 5) {
        const { protectedHeader } = await jwtVerify(await sign.sign(claims), verifying.verificationKey);
        kids.add(protectedHeader.kid);
      }
    });
    await Promise.all([rotating, ...load]);
    assert.ok(kids.size >= 5, `${kids.size} keys signed`);
  });

  it("a revoked key is unpublished at once, and another signs", async (t) => {
    const ring = await started(t, createRing());
    const { kid } = ring.signer();
    await operations().revoke(kid);
    await until(() => ring.published().every((key) => key.kid !== kid));
    assert.notEqual(ring.signer().kid, kid);
    await assert.rejects(operations().revoke(kid), { reason: "SIGNING_KEY_NOT_FOUND" });
    const { rows } = await auth.db.pool.query(
      "select actor, details from auth.audit_events where type = 'signing_key_revoked'",
    );
    assert.deepEqual(rows, [{ actor: "operator", details: { kid } }]);
  });

  it("security 31: a new key-encryption key opens what the old one sealed, and then seals everything itself", async (t) => {
    await started(t, createRing());
    const young = randomBytes(32);
    const opened = (masterKeys: Buffer[]) => async () => {
      const reader = createSigningKeyCipher({ masterKeys });
      for (const { kid, privateKey } of await store().list()) reader.open(kid, privateKey);
    };
    await opened([young, masterKey])();
    await assert.rejects(opened([young])(), /KEY_ENCRYPTION_KEY does not open/);
    await operations([young, masterKey]).reencrypt();
    await opened([young])();
  });
});

async function started(t: { after(fn: () => Promise<void>): void }, ring: KeyRing): Promise<KeyRing> {
  ring.start();
  t.after(() => ring.stop());
  await until(() => ring.ready());
  return ring;
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 5_000;
  while (!condition()) {
    assert.ok(Date.now() < deadline, "it did not happen within 5 s");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
