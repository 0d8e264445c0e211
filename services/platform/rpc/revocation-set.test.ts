import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { createRevocationSet, type RevocationSet } from "./revocation-set.ts";

describe("revocation set", () => {
  let now = 0;
  let set: RevocationSet;
  const until = (ms: number) => new Date(now + ms);
  beforeEach(() => {
    now = 1_000_000;
    set = createRevocationSet({ now: () => now, maxStalenessMs: 2000 });
  });

  it("knows nothing before the first snapshot, whatever else it hears", () => {
    set.add([{ sessionId: "a", expireTime: until(1000) }]);
    set.touch();
    assert.equal(set.ready(), false);
    assert.throws(() => set.isRevoked("a"), { reason: "REVOCATIONS_STALE" });
  });

  it("takes a snapshot for the whole truth, and changes for additions", () => {
    set.replace([{ sessionId: "a", expireTime: until(1000) }]);
    set.add([{ sessionId: "b", expireTime: until(1000) }]);
    assert.deepEqual(["a", "b", "c"].map(set.isRevoked), [true, true, false]);
    set.replace([{ sessionId: "c", expireTime: until(1000) }]);
    assert.deepEqual(["a", "b", "c"].map(set.isRevoked), [false, false, true]);
  });

  it("grows stale without news, and recovers with it", () => {
    set.replace([]);
    now += 2000;
    assert.equal(set.isRevoked("a"), false);
    now += 1;
    assert.throws(() => set.isRevoked("a"), { kind: "unavailable", reason: "REVOCATIONS_STALE" });
    set.touch();
    assert.equal(set.isRevoked("a"), false);
  });

  it("forgets what has expired, but not what still matters", () => {
    set.replace([
      { sessionId: "short", expireTime: until(1000) },
      { sessionId: "long", expireTime: until(600_000) },
    ]);
    now += 200_000;
    set.touch();
    assert.deepEqual(["short", "long"].map(set.isRevoked), [false, true]);
  });
});
