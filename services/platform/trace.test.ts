import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { currentTraceparent, traceparentFrom, withTraceparent } from "./trace.ts";

const given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

describe("traceparentFrom", () => {
  it("goes on with a context that is well-formed", () => {
    assert.equal(traceparentFrom(given), given);
    assert.equal(traceparentFrom(given.replace(/01$/, "00")), given.replace(/01$/, "00"));
  });

  it("begins a new one where none is given, or where it is malformed", () => {
    const malformed = [
      "",
      "garbage",
      given.toUpperCase(),
      `${given}-extra`,
      `${given}\n`,
      given.replace("00-", "01-"),
      "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
      "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
    ];
    for (const text of [...malformed, null, undefined]) {
      const fresh = traceparentFrom(text);
      assert.notEqual(fresh, text);
      assert.equal(traceparentFrom(fresh), fresh, `new, and itself well-formed: ${fresh}`);
    }
    assert.notEqual(traceparentFrom(null), traceparentFrom(null));
  });
});

describe("the trace context of the work at hand", () => {
  it("is empty outside of any", () => {
    assert.equal(currentTraceparent(), "");
  });

  it("goes with the work wherever it waits, and ends with it", async () => {
    const seen = await withTraceparent(given, async () => {
      await new Promise(setImmediate);
      return currentTraceparent();
    });
    assert.equal(seen, given);
    assert.equal(currentTraceparent(), "");
  });

  it("is each piece of work's own", async () => {
    const others = [1, 2, 3].map((n) => given.replace(/02b7/, `000${n}`));
    const work = async () => {
      await new Promise(setImmediate);
      return currentTraceparent();
    };
    assert.deepEqual(await Promise.all(others.map((one) => withTraceparent(one, work))), others);
  });
});
