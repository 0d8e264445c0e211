import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decodePageToken, encodePageToken } from "./page-token.ts";

describe("a page token", () => {
  it("carries the id after which the page begins", () => {
    const id = "0197a000-0000-7000-8000-00000000beef";
    const token = encodePageToken(id);
    assert.match(token, /^[\w-]{22}$/);
    assert.equal(decodePageToken(token), id);
  });

  it("is empty for the first page", () => assert.equal(decodePageToken(""), null));

  for (const foreign of ["x", "a".repeat(23), `${"a".repeat(21)}!`, "0197a000-0000-7000-8000-00000000beef"]) {
    it(`is not ${foreign}`, () => assert.throws(() => decodePageToken(foreign), { reason: "INVALID_PAGE_TOKEN" }));
  }
});
