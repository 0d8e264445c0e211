import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createLog } from "../../platform/log.ts";
import { createRevocationSet, type Revocation } from "../../platform/rpc/revocation-set.ts";
import { createRevocationPoller, type RevokedSession } from "./revocation-poller.ts";

const start = Date.parse("2026-01-01T00:00:00Z");
const minuteMs = 60_000;

describe("revocation poller", () => {
  it("begins with every session whose tokens may still count, then looks at the latest", async () => {
    const { poll, looks, told, revoke, time } = setup();
    revoke("long ago", start - 10 * minuteMs - 5_001);
    revoke("still matters", start - 10 * minuteMs);
    await poll();
    time.ms += 250;
    revoke("new", start + 100);
    await poll();
    assert.deepEqual(told, [
      ["replace", ["still matters"]],
      ["add", ["new"]],
    ]);
    assert.deepEqual(looks, [start - 10 * minuteMs - 5_000, start + 250 - 25_000]);
  });

  it("says until when a revocation matters", async () => {
    const { poll, revoke, last } = setup();
    revoke("s1", start - 1_000);
    await poll();
    assert.deepEqual(last(), [{ sessionId: "s1", expireTime: new Date(start - 1_000 + 10 * minuteMs + 5_000) }]);
  });

  it("sees a revocation that was committed late, with the time at which it began", async () => {
    const { poll, revoke, last, time } = setup();
    await poll();
    time.ms += 4_000;
    await poll();
    revoke("slow", start - 15_000);
    time.ms += 250;
    await poll();
    assert.deepEqual(
      last().map(({ sessionId }) => sessionId),
      ["slow"],
    );
  });

  it("looks at everything again after a gap", async () => {
    const { poll, told, time } = setup();
    await poll();
    time.ms += 30_000;
    await poll();
    assert.deepEqual(told, [
      ["replace", []],
      ["replace", []],
    ]);
  });

  it("security 14: says nothing while the database fails, so that the view grows stale", async () => {
    const { poll, revocations, time, fail } = setup();
    await poll();
    assert.equal(revocations.isRevoked("s1"), false);
    fail(new Error("down"));
    time.ms += 3_001;
    await assert.rejects(poll(), /down/);
    assert.throws(() => revocations.isRevoked("s1"), { kind: "unavailable", reason: "REVOCATIONS_STALE" });
    fail(undefined);
    await poll();
    assert.equal(revocations.isRevoked("s1"), false);
  });
});

function setup() {
  const time = { ms: start };
  const rows: RevokedSession[] = [];
  const looks: number[] = [];
  const told: ["replace" | "add", string[]][] = [];
  let latest: Revocation[] = [];
  let failure: Error | undefined;
  const note = (how: "replace" | "add") => (revocations: Iterable<Revocation>) => {
    latest = [...revocations];
    told.push([how, latest.map(({ sessionId }) => sessionId)]);
  };
  const revocations = createRevocationSet({ now: () => time.ms, maxStalenessMs: 3_000 });
  const { poll } = createRevocationPoller({
    async revokedSince(since) {
      if (failure !== undefined) throw failure;
      looks.push(since.getTime());
      return rows.filter(({ revokeTime }) => revokeTime >= since);
    },
    sinks: [revocations, { replace: note("replace"), add: note("add") }],
    clock: { now: () => new Date(time.ms) },
    accessTtlMs: 10 * minuteMs,
    log: createLog("silent", "test"),
  });
  return {
    poll,
    time,
    looks,
    told,
    revocations,
    last: () => latest,
    revoke: (sessionId: string, ms: number) => void rows.push({ sessionId, revokeTime: new Date(ms) }),
    fail: (error: Error | undefined) => {
      failure = error;
    },
  };
}
