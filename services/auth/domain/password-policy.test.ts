import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Email } from "./email.ts";
import { createPasswordRules, normalizePassword } from "./password-policy.ts";

const ada = "ada.lovelace@example.com" as Email;
const common = new Set(["passwordpassword", "password", "password1"]);
const rules = createPasswordRules({ minimumLength: 15, isCommon: (password) => common.has(password) });

const refuses = (password: string, reason: string, judge = rules, email = ada) =>
  assert.equal(judge(password, email).flaws[0]?.reason, reason, password);

/** The password in its normal form. */
function policy(password: string, email: Email, judge = rules): string {
  const judged = judge(password, email);
  assert.deepEqual(judged.flaws, [], password);
  return judged.password;
}

describe("password policy", () => {
  it("security 1: 15 characters at least", () => {
    refuses("14 characters!", "PASSWORD_TOO_SHORT");
    assert.equal(policy("15 characters!!", ada), "15 characters!!");
  });

  it("security 1: a minimum below 8 is not obeyed", () => {
    const lax = createPasswordRules({ minimumLength: 1, isCommon: () => false });
    refuses("seven77", "PASSWORD_TOO_SHORT", lax);
    assert.equal(policy("eight888", ada, lax), "eight888");
  });

  it("security 1: characters are counted, not UTF-16 units", () => {
    refuses("🐢".repeat(14), "PASSWORD_TOO_SHORT");
    assert.equal(policy("🐢🐇🦔🐿🦫🦡🦦🦨🦝🐁🐀🦃🐓🕊🦢", ada).length > 15, true);
  });

  it("security 1: spaces, emoji and 64 characters are accepted, and nothing is cut off", () => {
    const long = `${"0123456789 abcdefghij 🐢 ".repeat(20)}end`;
    assert.equal(policy(long, ada), long);
  });

  it("security 2: a passphrase needs no digits, capitals or signs", () => {
    assert.equal(policy("correct horse battery staple", ada), "correct horse battery staple");
  });

  it("security 2: common passwords are refused", () => refuses("passwordpassword", "PASSWORD_TOO_COMMON"));

  it("security 2: passwords made from the service's name or the address are refused", () => {
    for (const password of [
      "limenlimenlimen",
      "Limen-limen-2026",
      "limen limen password",
      "ada.lovelace@example.com",
      "Ada.Lovelace.1815",
      "AdaLovelace_12345",
      "lovelace lovelace",
      "ada_lovelace_password1",
    ]) {
      refuses(password, "PASSWORD_CONTAINS_CONTEXT");
    }
  });

  it("security 2: names everything that is wrong, and by how much", () => {
    assert.deepEqual(rules("passwordpass", ada).flaws, [
      { reason: "PASSWORD_TOO_SHORT", message: "password must have at least 15 characters: 3 more than it has" },
    ]);
    assert.deepEqual(rules("password1", ada).flaws, [
      { reason: "PASSWORD_TOO_SHORT", message: "password must have at least 15 characters: 6 more than it has" },
      { reason: "PASSWORD_TOO_COMMON", message: "password is among the first that a guesser tries" },
    ]);
    assert.deepEqual(rules("Lovelace1815", ada).flaws, [
      { reason: "PASSWORD_TOO_SHORT", message: "password must have at least 15 characters: 3 more than it has" },
      { reason: "PASSWORD_CONTAINS_CONTEXT", message: "password is made from your e-mail address" },
    ]);
    assert.deepEqual(rules("limen limen limen", ada).flaws, [
      { reason: "PASSWORD_CONTAINS_CONTEXT", message: "password is made from the service's name" },
    ]);
    assert.deepEqual(rules("x".repeat(2_000), ada).flaws, [
      { reason: "PASSWORD_TOO_LONG", message: "password must have at most 1024 bytes" },
    ]);
  });

  it("security 2: a passphrase may mention them", () => {
    for (const password of ["lovelace wrote the first program", "the limen is a threshold", "adamantine staples"]) {
      assert.equal(policy(password, ada), password);
    }
    const short = "a@example.com" as Email;
    assert.equal(policy("banana cabana salad", short), "banana cabana salad");
  });

  it("security 3: composed and decomposed forms are one password, and so are all spaces", () => {
    const composed = "caf\u00e9 na\u00efve cr\u00e8me";
    const decomposed = "cafe\u0301\u00a0nai\u0308ve\u3000cre\u0300me";
    assert.notEqual(composed, decomposed);
    assert.equal(normalizePassword(decomposed), normalizePassword(composed));
    assert.equal(policy(decomposed, ada), policy(composed, ada));
  });

  it("security 3: letters that only look alike stay different", () => {
    assert.notEqual(normalizePassword("ﬁne ﬁsh"), normalizePassword("fine fish"));
  });

  it("security 5: more than 1024 bytes are refused, a megabyte of them at once", () => {
    assert.equal(policy("é".repeat(509).concat("tail!!"), ada).length, 515);
    refuses("é".repeat(513), "PASSWORD_TOO_LONG");
    const begin = performance.now();
    refuses("x".repeat(1_000_000), "PASSWORD_TOO_LONG");
    assert.ok(performance.now() - begin < 50);
  });

  it("security 5: a password that grows past the limit in its normalised form is refused", () => {
    const growing = "\u0958".repeat(300);
    assert.ok(Buffer.byteLength(growing) < 1024);
    refuses(growing, "PASSWORD_TOO_LONG");
  });
});
