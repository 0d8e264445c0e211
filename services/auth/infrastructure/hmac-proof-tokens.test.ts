import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { createHmacProofTokens } from "./hmac-proof-tokens.ts";

const masterKey = randomBytes(32);
const tokens = createHmacProofTokens({ masterKeys: [masterKey] });
const proof = { id: randomUUID(), kind: "RESET" } as const;

describe("proof tokens", () => {
  it("name their proof, and the same proof always has the same token", () => {
    const token = tokens.mint(proof);
    assert.match(token, /^[A-Za-z0-9_-]{64}$/);
    assert.equal(tokens.mint(proof), token);
    assert.equal(tokens.verify(token, ["INVITATION", "RESET"]), proof.id);
  });

  it("security 20: carry 256 bits that only the key makes", () => {
    const id = Buffer.from(proof.id.replaceAll("-", ""), "hex");
    const mac = Buffer.from(tokens.mint(proof), "base64url").subarray(id.length);
    assert.equal(mac.length * 8, 256);
    const elsewhere = createHmacProofTokens({ masterKeys: [randomBytes(32)] });
    assert.equal(tokens.verify(elsewhere.mint(proof), ["RESET"]), null);
    assert.equal(tokens.verify(Buffer.concat([id, randomBytes(32)]).toString("base64url"), ["RESET"]), null);
  });

  it("security 12: are none of another kind", () => {
    const token = tokens.mint(proof);
    assert.equal(tokens.verify(token, ["VERIFY_EMAIL"]), null);
    assert.equal(tokens.verify(tokens.mint({ ...proof, kind: "VERIFY_EMAIL" }), ["RESET", "INVITATION"]), null);
  });

  it("are refused with any bit changed, cut, lengthened or spelt otherwise", () => {
    const token = tokens.mint(proof);
    const bytes = Buffer.from(token, "base64url");
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      assert.equal(tokens.verify(changed.toString("base64url"), ["RESET"]), null);
    }
    for (const other of ["", token.slice(1), `${token}A`, ` ${token}`, `${token}=`, "a.b.c", "ü".repeat(64)]) {
      assert.equal(tokens.verify(other, ["RESET"]), null, other);
    }
  });

  it("count under an earlier key-encryption key, too", () => {
    const rotated = createHmacProofTokens({ masterKeys: [randomBytes(32), masterKey] });
    assert.equal(rotated.verify(tokens.mint(proof), ["RESET"]), proof.id);
    assert.notEqual(rotated.mint(proof), tokens.mint(proof));
    assert.equal(tokens.verify(rotated.mint(proof), ["RESET"]), null);
  });
});
