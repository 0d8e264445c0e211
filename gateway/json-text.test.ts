import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseJson } from "./json-text.ts";
import { Problem } from "./problem.ts";

const parse = (text: string) => parseJson(Buffer.from(text));
const refusal = (bytes: string | Uint8Array): Problem => {
  try {
    parseJson(Buffer.from(bytes));
  } catch (error) {
    assert.ok(error instanceof Problem);
    return error;
  }
  return assert.fail("it was accepted");
};

describe("JSON text", () => {
  it("is read as it is", () => {
    const text = '{"a":[1,-2.5e3,"x\\n\\u00e9\\ud83d\\ude00",{"b":null}],"c":{"a":true},"d":"{[,:\\"]}","e":[]}';
    assert.deepEqual(parse(text), JSON.parse(text));
  });

  it("lets the same name be in two objects", () => {
    assert.deepEqual(parse('[{"a":1},{"a":{"a":2}}]'), [{ a: 1 }, { a: { a: 2 } }]);
  });

  it("that is none is refused", () => {
    for (const text of ["{", '{"a":1,}', "{'a':1}", "undefined", '{"a":NaN}', '"\u0001"', "{} {}"]) {
      assert.deepEqual([refusal(text).status, refusal(text).reason], [400, "MALFORMED_JSON"], text);
    }
    assert.equal(refusal(Buffer.from([0x22, 0xff, 0x22])).message, "the body is not UTF-8");
  });

  it("security 27: is refused where readers would disagree about it, naming the place", () => {
    const cases: [string, string, string][] = [
      ['{"a":1,"a":2}', "a", "duplicate_name"],
      ['{"a":1,"\\u0061":2}', "a", "duplicate_name"],
      ['{"u":[{"x":1},{"x":1,"x":1}]}', "u[1].x", "duplicate_name"],
      ['{"u":{"__proto__":{"admin":true}}}', "u.__proto__", "unknown_field"],
      ['{"u":{"n":"\\ud800"}}', "u.n", "unsafe_text"],
      ['{"n":["a","b\\u0000"]}', "n[1]", "unsafe_text"],
      ['{"n\\u0000":1}', "n\\0", "unsafe_text"],
    ];
    for (const [text, field, rule] of cases) {
      const { status, violations } = refusal(text);
      assert.deepEqual([status, violations[0]?.field, violations[0]?.rule], [400, field, rule], text);
    }
  });

  it("security 27: may have 20 levels and no more", () => {
    const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
    parse(nested(20));
    assert.equal(refusal(nested(21)).violations[0]?.rule, "too_deep");
    assert.equal(refusal(`${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}`).violations[0]?.rule, "too_deep");
  });
});
