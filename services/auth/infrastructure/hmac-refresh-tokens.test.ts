import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { createHmacRefreshTokens } from "./hmac-refresh-tokens.ts";

const tokens = createHmacRefreshTokens({ masterKeys: [randomBytes(32)] });
const session = { id: randomUUID(), salt: tokens.newSalt(), counter: 7 };

describe("HMAC refresh tokens", () => {
  it("are the same for the same session and number, and carry both", () => {
    const token = tokens.mint(session);
    assert.equal(tokens.mint(session), token);
    assert.match(token, /^lr1\.[A-Za-z0-9_-]{70}$/);
    const presented = tokens.parse(token);
    assert.ok(presented);
    assert.deepEqual([presented.sessionId, presented.counter], [session.id, 7]);
    assert.equal(tokens.verify(presented, session), true);
  });

  it("differ with the number, the salt and the key", () => {
    const other = createHmacRefreshTokens({ masterKeys: [randomBytes(32)] });
    const made = [
      tokens.mint(session),
      tokens.mint({ ...session, counter: 8 }),
      tokens.mint({ ...session, salt: tokens.newSalt() }),
      other.mint(session),
    ];
    assert.equal(new Set(made).size, made.length);
  });

  it("are not believed when a bit of them is changed", () => {
    const body = Buffer.from(tokens.mint(session).slice(4), "base64url");
    for (let bit = 0; bit < body.length * 8; bit++) {
      const forged = Buffer.from(body);
      forged.writeUInt8(forged.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      const presented = tokens.parse(`lr1.${forged.toString("base64url")}`);
      assert.ok(presented);
      assert.equal(tokens.verify(presented, session), false);
    }
  });

  it("security 31: outlive a new key-encryption key while the old one is kept, and not longer", () => {
    const [old, young] = [randomBytes(32), randomBytes(32)];
    const counts = (masterKeys: Buffer[], token: string) => {
      const reader = createHmacRefreshTokens({ masterKeys });
      const presented = reader.parse(token);
      assert.ok(presented);
      return reader.verify(presented, session);
    };
    const before = createHmacRefreshTokens({ masterKeys: [old] }).mint(session);
    const after = createHmacRefreshTokens({ masterKeys: [young, old] }).mint(session);
    assert.notEqual(before, after);
    assert.deepEqual([counts([young, old], before), counts([young, old], after)], [true, true]);
    assert.deepEqual([counts([young], before), counts([young], after)], [false, true]);
    // An instance that is to get the new key next knows it as a previous one already.
    assert.equal(counts([old, young], after), true);
  });

  it("have one spelling", () => {
    const token = tokens.mint(session);
    const last = token.at(-1) ?? "";
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const spelledOtherwise = token.slice(0, -1) + alphabet[alphabet.indexOf(last) + 1];
    const same = Buffer.from(spelledOtherwise.slice(4), "base64url").equals(Buffer.from(token.slice(4), "base64url"));
    assert.equal(same, true);
    assert.equal(tokens.parse(spelledOtherwise), null);
  });

  it("security 12: anything else is none", () => {
    const token = tokens.mint(session);
    for (const text of [
      "",
      "lr1.",
      token.slice(4),
      `${token}A`,
      token.slice(0, -1),
      `${token}=`,
      "a.b.c",
      ` ${token}`,
    ]) {
      assert.equal(tokens.parse(text), null, text);
    }
  });
});
