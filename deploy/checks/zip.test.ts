import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { unzip } from "./zip.ts";

/** Written by Python's zipfile: "plain" in a/stored, 50 times "ha" in a/deflated, whose header has an extra field. */
const archive = Buffer.from(
  "UEsDBBQAAAAAAAAAIVzPYiAZBQAAAAUAAAAIAAAAYS9zdG9yZWRwbGFpblBLAwQUAAAACAAAACFc4J3LHgcAAABkAAAACgAIAGEvZGVmbGF0ZWSZmQQAYWJjZMtIzKA5BABQSwECFAMUAAAAAAAAACFcz2IgGQUAAAAFAAAACAAAAAAAAAAAAAAAgAEAAAAAYS9zdG9yZWRQSwECFAMUAAAACAAAACFc4J3LHgcAAABkAAAACgAIAAAAAAAAAAAAgAErAAAAYS9kZWZsYXRlZJmZBABhYmNkUEsFBgAAAAACAAIAdgAAAGIAAAAAAA==",
  "base64",
);

describe("unzip", () => {
  it("reads a stored file", () => {
    assert.equal(unzip(archive, "a/stored").toString(), "plain");
  });

  it("reads a deflated file behind extra fields", () => {
    assert.equal(unzip(archive, "a/deflated").toString(), "ha".repeat(50));
  });

  it("names the file that is not there", () => {
    assert.throws(() => unzip(archive, "a"), /holds no a$/);
  });

  it("refuses what is no archive", () => {
    assert.throws(() => unzip(Buffer.from("<html>"), "a"), /not a ZIP/);
  });
});
