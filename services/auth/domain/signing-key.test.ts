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
} from "./signing-key.ts";

const schedule = { rotationMs: 1_000, announceMs: 50, retireMs: 200 };
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
