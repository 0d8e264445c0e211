import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { findTestFiles, isUnitTest } from "./test-files.ts";

describe("test files", () => {
  it("are found everywhere, and by parts of their path", () => {
    const all = findTestFiles([]);
    assert.ok(all.includes("deploy/local/test-files.test.ts"));
    assert.ok(all.some((file) => file.startsWith("services/users/")));
    assert.deepEqual(findTestFiles(["local/test-files"]), ["deploy/local/test-files.test.ts"]);
  });

  it("must be there when asked for", () => {
    assert.throws(() => findTestFiles(["no/such/place"]), /No test file's path contains no\/such\/place/);
  });

  it("are unit tests unless they need a server", () => {
    assert.equal(isUnitTest("services/users/domain/user.test.ts"), true);
    assert.equal(isUnitTest("services/users/infrastructure/users.integration.test.ts"), false);
    assert.equal(isUnitTest("tests/register.test.ts"), false);
  });
});
