import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type CreateKey,
  currentKey,
  isScheduleMet,
  nextKey,
  publishedKeys,
  rotated,
  scheduled,
  withoutKey,
} from "./signing-key.ts";

const schedule = { rotationMs: 1_000, announceMs: 50, spreadMs: 20, retireMs: 200 };
const at = (ms: number) => new Date(ms);

describe("signing key schedule", () => {
  it("begins with a key that signs at once and the one after it", () => {
    const keys = scheduled([], schedule, at(0), creator());
    assert.deepEqual([currentKey(keys, at(0))?.kid, nextKey(keys, at(0))?.kid], ["k1", "k2"]);
    assert.equal(isScheduleMet(keys, at(0)), true);
  });

  it("lets the next key sign when its time has come, and keeps the previous one published for a while", () => {
    const create = creator();
    const first = scheduled([], schedule, at(0), create);
    assert.equal(currentKey(first, at(999))?.kid, "k1");
    assert.equal(currentKey(first, at(1_000))?.kid, "k2");
    assert.equal(isScheduleMet(first, at(1_000)), false);
    const second = scheduled(first, schedule, at(1_001), create);
    assert.deepEqual(kids(publishedKeys(second, at(1_100))), ["k1", "k2", "k3"]);
    assert.deepEqual(kids(publishedKeys(second, at(1_200))), ["k2", "k3"]);
    assert.equal(nextKey(second, at(1_001))?.activateTime.getTime(), 2_000);
  });

  it("announces a key before it signs, even where it is overdue", () => {
    const create = creator();
    const first = scheduled([], schedule, at(0), create);
    const late = scheduled(first, schedule, at(9_000), create);
    assert.equal(currentKey(late, at(9_000))?.kid, "k2");
    assert.equal(nextKey(late, at(9_000))?.activateTime.getTime(), 9_050);
    assert.equal(currentKey(late, at(9_050))?.kid, "k3");
  });

  it("changes nothing while the schedule is met", () => {
    const create = creator();
    const keys = scheduled([], schedule, at(0), create);
    assert.deepEqual(scheduled(keys, schedule, at(10), create), keys);
  });

  it("security 13: publishes next, current and previous after a rotation by command", () => {
    const create = creator();
    const keys = rotated(scheduled([], schedule, at(0), create), schedule, at(100), create);
    assert.deepEqual([currentKey(keys, at(100))?.kid, nextKey(keys, at(100))?.kid], ["k2", "k3"]);
    assert.deepEqual(kids(publishedKeys(keys, at(299))), ["k1", "k2", "k3"]);
    assert.deepEqual(kids(publishedKeys(keys, at(300))), ["k2", "k3"]);
    assert.equal(nextKey(keys, at(100))?.activateTime.getTime(), 1_100);
  });
});

describe("a rotation by command", () => {
  it("security 13: waits until every verifier can know the next key", () => {
    const create = creator();
    const keys = rotated(scheduled([], schedule, at(0), create), schedule, at(5), create);
    assert.deepEqual([currentKey(keys, at(19))?.kid, currentKey(keys, at(20))?.kid], ["k1", "k2"]);
    assert.equal(publishedKeys(keys, at(20)).length, 2);
  });

  it("is one where two ask for it at once", () => {
    const create = creator();
    const keys = rotated(scheduled([], schedule, at(0), create), schedule, at(5), create);
    assert.equal(rotated(keys, schedule, at(6), create), keys);
  });
});

describe("revoking a key", () => {
  it("takes the next one into use at once and announces another", () => {
    const create = creator();
    const keys = withoutKey(scheduled([], schedule, at(0), create), "k1", schedule, at(5), create);
    assert.deepEqual([currentKey(keys, at(5))?.kid, nextKey(keys, at(5))?.kid], ["k2", "k3"]);
    assert.deepEqual(kids(publishedKeys(keys, at(5))), ["k2", "k3"]);
  });

  it("replaces the next one, and leaves the one that signs", () => {
    const create = creator();
    const keys = withoutKey(scheduled([], schedule, at(0), create), "k2", schedule, at(5), create);
    assert.deepEqual(kids(publishedKeys(keys, at(5))), ["k1", "k3"]);
    assert.equal(currentKey(keys, at(5))?.kid, "k1");
  });

  it("withdraws the previous one before its time", () => {
    const create = creator();
    const before = rotated(scheduled([], schedule, at(0), create), schedule, at(100), create);
    assert.deepEqual(kids(publishedKeys(withoutKey(before, "k1", schedule, at(101), create), at(101))), ["k2", "k3"]);
  });

  it("changes nothing where there is no such key", () => {
    const keys = scheduled([], schedule, at(0), creator());
    assert.equal(withoutKey(keys, "k9", schedule, at(5), creator()), keys);
  });
});

const kids = (keys: readonly { kid: string }[]) => keys.map(({ kid }) => kid).sort();

function creator(): CreateKey {
  let made = 0;
  return (createTime, activateTime) => ({
    kid: `k${++made}`,
    publicKey: "",
    privateKey: new Uint8Array(),
    createTime,
    activateTime,
    expireTime: null,
  });
}
