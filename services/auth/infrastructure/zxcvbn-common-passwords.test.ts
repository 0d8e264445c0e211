import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { CommonPasswords } from "../domain/password-policy.ts";
import { loadZxcvbnCommonPasswords } from "./zxcvbn-common-passwords.ts";

describe("common passwords", () => {
  let isCommon: CommonPasswords;
  before(async () => {
    isCommon = await loadZxcvbnCommonPasswords();
  });

  for (const password of [
    "passwordpassword",
    "PasswordPassword",
    "password password password",
    "pass-word-pass-word",
    "password1password1",
    "password12345678",
    "!!!Password!!!!!!",
    "iloveyou2026iloveyou2026",
    "letmeinletmein!",
    "aaaaaaaaaaaaaaa",
    "abababababababab",
    "123456789012345",
    "987654321098765",
    "qwertyuiopasdfgh",
    "abcdefghijklmnop",
    "1qaz2wsx3edc4rfv",
    "polniypizdec0211",
  ]) {
    it(`security 2: refuses ${password}`, () => assert.equal(isCommon(password), true));
  }

  for (const password of [
    "correct horse battery staple",
    "correcthorsebatterystaple",
    "sunshine on a rainy day",
    "horse84913382017",
    "horse&%$=?)(/)=",
    "тихий берег у реки",
    "🐢🐇🦔🐿🦫🦡🦦🦨🦝🐁🐀🦃🐓🕊🦢",
  ]) {
    it(`security 2: accepts ${password}`, () => assert.equal(isCommon(password), false));
  }

  it("answers a long password in milliseconds", () => {
    const begin = performance.now();
    assert.equal(isCommon(`${"ab".repeat(500)}cd${"ab".repeat(10)}`), false);
    assert.ok(performance.now() - begin < 100);
  });
});
