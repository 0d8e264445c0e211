import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, beforeEach, describe, it } from "node:test";
import { createKeyRing, type KeyRing } from "./key-ring.ts";
import { createPostgresSigningKeys } from "./postgres-signing-keys.ts";
import { createSigningKeyCipher } from "./signing-key-cipher.ts";
import { openAuthDatabase, silent } from "./test-database.fixture.ts";

const cipher = createSigningKeyCipher({ masterKey: randomBytes(32) });
const schedule = { rotationMs: 86_400_000, announceMs: 600_000, retireMs: 3_600_000 };

describe("signing keys in PostgreSQL", () => {
  let auth: Awaited<ReturnType<typeof openAuthDatabase>>;
  before(async () => {
    auth = await openAuthDatabase();
  });
  beforeEach(async () => void (await auth.db.pool.query("delete from auth.signing_keys")));
  after(() => auth.close());

  const store = () => createPostgresSigningKeys({ pool: auth.db.pool, transactions: auth.transactions });
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
    await here.rotate();
    await until(() => there.signer().kid !== before);
    assert.equal(there.signer().kid, here.signer().kid);
    assert.equal(there.published().length, 3);
  });

  it("forgets keys that are past their time when it keeps others", async (t) => {
    const ring = await started(t, createRing());
    await ring.rotate();
    await auth.db.pool.query(
      "update auth.signing_keys set expire_time = now() where expire_time <= now() + interval '1 hour'",
    );
    await ring.rotate();
    assert.equal((await store().list()).length, 3);
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
