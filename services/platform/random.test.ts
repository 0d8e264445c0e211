import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { randomBytes } from "./random.ts";

describe("randomBytes", () => {
  it("gives as many as asked for, none of them twice, beyond what is drawn at once", () => {
    const drawn = Array.from({ length: 1_000 }, () => randomBytes(16).toString("hex"));
    assert.equal(new Set(drawn).size, 1_000);
    assert.ok(drawn.every((hex) => hex.length === 32));
  });

  it("gives bytes that stay what they were", () => {
    const first = randomBytes(16);
    const hex = first.toString("hex");
    for (let i = 0; i < 300; i++) randomBytes(16);
    assert.equal(first.toString("hex"), hex);
  });
});
