import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createFailpoints } from "./failpoints.ts";

describe("failpoints", () => {
  it("break at every n-th pass", () => {
    const { pass } = createFailpoints("relay.after_confirm=throw@3", "limen auth-api");
    const outcomes = Array.from({ length: 6 }, () => {
      try {
        pass("relay.after_confirm");
        return "passed";
      } catch {
        return "broke";
      }
    });
    assert.deepEqual(outcomes, ["passed", "passed", "broke", "passed", "passed", "broke"]);
  });

  it("are armed in the named role only", () => {
    const text = "auth-worker:a.b=throw,c.d=on";
    assert.doesNotThrow(() => createFailpoints(text, "limen auth-api").pass("a.b"));
    assert.throws(() => createFailpoints(text, "limen auth-worker").pass("a.b"), /failpoint a\.b/);
    assert.equal(createFailpoints(text, "limen gateway").isOn("c.d"), true);
  });

  it("leave every other place alone", () => {
    const { pass, isOn } = createFailpoints("a.b=throw", "limen");
    assert.doesNotThrow(() => pass("a.c"));
    assert.equal(isOn("a.c"), false);
  });

  it("are refused when they cannot be read", () => {
    assert.throws(() => createFailpoints("a.b=explode", "limen"), /FAILPOINTS: cannot read "a\.b=explode"/);
  });
});
