import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { BreachedPasswords } from "../application/credential-ports.ts";

/** What the policy may expect of a list, whatever it is kept in. */
export function breachedPasswordsContract(
  where: string,
  open: (passwords: readonly string[]) => Promise<BreachedPasswords>,
): void {
  describe(`breached passwords (${where})`, () => {
    it("security 2: knows those of the list, to the letter, and no others", async () => {
      const breached = ["correct horse battery staple", "Passwort für Zürich", "🐢🐇🦔 three animals", " spaces "];
      const isBreached = await open(breached);
      for (const password of breached) assert.equal(await isBreached(password), true, password);
      for (const password of ["correct horse battery", "passwort für zürich", "spaces", ""]) {
        assert.equal(await isBreached(password), false, password);
      }
    });

    it("finds each of very many", async () => {
      const many = Array.from({ length: 500 }, (_, i) => `password number ${i}`);
      const isBreached = await open(many);
      const answers = await Promise.all(many.flatMap((text) => [isBreached(text), isBreached(`${text}!`)]));
      assert.ok(answers.every((answer, i) => answer === (i % 2 === 0)));
    });
  });
}
