import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import argon2 from "argon2";
import type { PasswordHasher } from "../application/credential-ports.ts";
import { type Argon2Parameters, createArgon2PasswordHasher, defaultParameters } from "./argon2-password-hasher.ts";
import { createHashingPool, type HashingPool } from "./hashing-pool.ts";

const cheap: Argon2Parameters = { memoryKib: 64, passes: 2, lanes: 1 };
const password = "correct horse battery staple";

describe("argon2 password hasher", () => {
  let hasher: PasswordHasher;
  before(async () => {
    hasher = await createHasher(cheap);
  });

  it("security 4: argon2id, 19 MiB, two passes, one lane, a salt of 16 bytes, parameters in the standard's order", async () => {
    const hash = await (await createHasher(defaultParameters)).hash(password);
    assert.match(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  });

  it("verifies what it hashed, and nothing else", async () => {
    const hash = await hasher.hash(password);
    assert.equal(await hasher.verify(hash, password), true);
    assert.equal(await hasher.verify(hash, `${password} `), false);
    assert.notEqual(await hasher.hash(password), hash);
  });

  it("security 1: every character counts, to the last of a thousand", async () => {
    const hash = await hasher.hash("x".repeat(1_000));
    assert.equal(await hasher.verify(hash, `${"x".repeat(999)}y`), false);
  });

  it("verifies a hash that another implementation wrote in the standard form", async () => {
    const foreign = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQxMjM0NTY3OA$";
    const salt = Buffer.from("somesalt12345678");
    const raw = await argon2.hash(password, { memoryCost: 256, timeCost: 2, parallelism: 1, salt, raw: true });
    assert.equal(await hasher.verify(foreign + raw.toString("base64").replace(/=+$/, ""), password), true);
  });

  it("security 4: wants a new hash when the parameters are others than its own", async () => {
    const hash = await hasher.hash(password);
    assert.equal(hasher.needsRehash(hash), false);
    assert.equal((await createHasher({ ...cheap, memoryKib: 128 })).needsRehash(hash), true);
    assert.equal((await createHasher({ ...cheap, passes: 3 })).needsRehash(hash), true);
  });

  for (const [what, parameters] of [
    ["memory", "m=65537,t=2,p=1"],
    ["passes", "m=64,t=11,p=1"],
    ["lanes", "m=64,t=2,p=5"],
  ] as const) {
    it(`security 4: refuses a stored hash that asks for too much of ${what}, at the cost of any other`, async () => {
      const verified: string[] = [];
      const genuine = await hasher.hash(password);
      const greedy = genuine.replace("m=64,t=2,p=1", parameters);
      const watched = await createHasher(cheap, async (turn, work) => {
        verified.push(turn);
        return work();
      });
      assert.notEqual(greedy, genuine);
      assert.equal(await watched.verify(greedy, password), false);
      assert.deepEqual(verified, ["verification"]);
    });
  }

  it("security 7: without a hash it verifies a decoy with the present parameters, in the same queue", async (t) => {
    const turns: string[] = [];
    const watched = await createHasher(cheap, async (turn, work) => {
      turns.push(turn);
      return work();
    });
    const verify = t.mock.method(argon2, "verify");
    assert.equal(await watched.verify(null, password), false);
    assert.deepEqual(turns, ["verification"]);
    assert.match(String(verify.mock.calls[0]?.arguments[0]), /^\$argon2id\$v=19\$m=64,t=2,p=1\$/);
  });

  it("takes an unreadable hash for none", async () => {
    for (const hash of ["", "plain", "$argon2i$v=19$m=64,t=2,p=1$c29tZXNhbHQ$c29tZWhhc2g", "$2b$10$abc"]) {
      assert.equal(await hasher.verify(hash, password), false);
    }
  });
});

function createHasher(parameters: Argon2Parameters, run?: HashingPool["run"]): Promise<PasswordHasher> {
  const pool = createHashingPool({ concurrency: 2 });
  return createArgon2PasswordHasher({ pool: run === undefined ? pool : { ...pool, run }, parameters });
}
