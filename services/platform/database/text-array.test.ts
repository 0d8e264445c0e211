import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { jsonTexts, textArray } from "./text-array.ts";

describe("an array literal", () => {
  it("is empty for nothing", () => {
    assert.equal(textArray([]), "{}");
  });

  it("quotes each element, so that none is taken for null or for several", () => {
    assert.equal(textArray(["", "null", "a,b", "{c}"]), '{"","null","a,b","{c}"}');
  });

  it("escapes quotes and backslashes", () => {
    assert.equal(textArray(['say "no"', "C:\\"]), '{"say \\"no\\"","C:\\\\"}');
  });
});

describe("JSON texts in one", () => {
  it("come apart at what none of them holds", () => {
    const values = [{ name: 'say "no"' }, { name: "\u001e\u0000\n" }, { "\u001e": "C:\\" }];
    assert.deepEqual(
      jsonTexts(values)
        .split("\u001e")
        .map((text) => JSON.parse(text)),
      values,
    );
  });
});
