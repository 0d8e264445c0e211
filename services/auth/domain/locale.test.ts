import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { chooseLocale } from "./locale.ts";

describe("the language of a mail", () => {
  const cases: [header: string, locale: string][] = [
    ["", "en"],
    ["es", "es"],
    ["es-MX,es;q=0.9,en;q=0.8", "es"],
    ["en-GB, es;q=0.9", "en"],
    ["de-DE, es;q=0.5, en;q=0.7", "en"],
    ["de, fr;q=0.9", "en"],
    ["fr;q=1, ES-419;q=0.2", "es"],
    ["es;q=0, en;q=0.1", "en"],
    ["*, es;q=zero, ;;, es-;q=1", "en"],
  ];
  for (const [header, locale] of cases) {
    it(`is ${locale} for "${header}"`, () => assert.equal(chooseLocale(header), locale));
  }
});
