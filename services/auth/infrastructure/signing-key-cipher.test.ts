import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, it } from "node:test";
import { createSigningKeyCipher } from "./signing-key-cipher.ts";

const secret = randomBytes(48);
const cipher = createSigningKeyCipher({ masterKeys: [randomBytes(32)] });

describe("signing key cipher", () => {
  it("opens what it sealed, and seals it anew each time", () => {
    const sealed = cipher.seal("k1", secret);
    assert.deepEqual(cipher.open("k1", sealed), secret);
    assert.notDeepEqual(cipher.seal("k1", secret), sealed);
    assert.equal(Buffer.from(sealed).includes(secret), false);
  });

  it("does not open it for another kid, under another key, or changed", () => {
    const sealed = cipher.seal("k1", secret);
    const changed = Buffer.from(sealed);
    changed.writeUInt8(changed.readUInt8(20) ^ 1, 20);
    const other = createSigningKeyCipher({ masterKeys: [randomBytes(32)] });
    assert.throws(() => cipher.open("k2", sealed), /KEY_ENCRYPTION_KEY does not open the signing key k2/);
    assert.throws(() => other.open("k1", sealed), /KEY_ENCRYPTION_KEY/);
    assert.throws(() => cipher.open("k1", changed), /KEY_ENCRYPTION_KEY/);
    assert.throws(() => cipher.open("k1", new Uint8Array(5)), /KEY_ENCRYPTION_KEY/);
  });
});
