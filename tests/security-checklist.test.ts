import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, it } from "node:test";

const root = resolve(import.meta.dirname, "..");
/** What is promised, after OWASP ASVS 5.0 and NIST SP 800-63B-4. Tests name the lines: "security 9: …", "security 6, 19: …". */
const checklist = [
  "passwords: length and alphabet",
  "passwords: blocklist, no composition rules, reasons",
  "passwords: one Unicode form",
  "passwords: argon2id and its parameters",
  "passwords: a cap before hashing",
  "passwords: a change needs the present one",
  "enumeration: one answer to every refused login",
  "enumeration: sign-up with proof, and reset, answer alike",
  "guessing: throttles that lock nobody out",
  "guessing: whose word about addresses counts",
  "access tokens: claims",
  "access tokens: forgeries and other classes of tokens",
  "access tokens: rotation of keys",
  "access tokens: revocation within a second",
  "refresh tokens: one successor",
  "refresh tokens: reuse",
  "refresh tokens: a lost response",
  "sessions: absolute and idle limits",
  "sessions: what ends them",
  "links: single use, short lives, what ends them",
  "links: built from the configured address alone",
  "links: a reset logs nobody in",
  "authorization: nobody may call what is not public",
  "authorization: other people's things",
  "authorization: fields that no client sets",
  "errors: nothing of the inside",
  "input: strict",
  "messages: validated like any input",
  "secrets: in no table, message, log, metric or file",
  "audit: what is told",
  "production: no defaults, no short secrets",
  "database and broker: each service its own",
  "containers: restricted",
  "answers with tokens: no cache, no cookie",
];

describe("security checklist", () => {
  it("has a test for each line", () => {
    const files = globSync("{services,gateway,deploy,tests}/**/*.ts", { cwd: root });
    const shown = new Set<number>();
    for (const file of files) {
      const text = readFileSync(resolve(root, file), "utf8");
      for (const [, numbers = ""] of text.matchAll(/\bit\(\s*["'`]security ([\d, ]+):/g)) {
        for (const number of numbers.split(",")) shown.add(Number(number));
      }
    }
    const missing = checklist.filter((_, index) => !shown.has(index + 1));
    assert.deepEqual(missing, []);
    assert.equal(shown.size, checklist.length, "a test names a line that is not there");
  });
});
