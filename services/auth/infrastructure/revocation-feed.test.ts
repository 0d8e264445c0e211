import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Revocation } from "../../platform/rpc/revocation-set.ts";
import { createRevocationFeed, type RevocationNews } from "./revocation-feed.ts";

const revocation = (sessionId: string, expireTime = new Date(600_000)): Revocation => ({ sessionId, expireTime });
const ids = (result: IteratorResult<RevocationNews, void>) =>
  result.done ? "done" : result.value.revocations.map(({ sessionId }) => sessionId);

describe("revocation feed", () => {
  it("sends everything first, then what is new", async () => {
    const { feed, watch } = setup();
    feed.replace([revocation("a"), revocation("b")]);
    const { next } = watch();
    const first = next();
    feed.add([revocation("b"), revocation("c")]);
    assert.deepEqual(ids(await first), ["a", "b", "c"]);
    const second = next();
    feed.add([revocation("c"), revocation("d")]);
    assert.deepEqual(ids(await second), ["d"]);
  });

  it("sends an empty snapshot, so that a subscriber can begin", async () => {
    const { feed, watch } = setup();
    const first = watch().next();
    feed.replace([]);
    assert.deepEqual(ids(await first), []);
  });

  it("says at least every second that there is no news, and not at every look", async () => {
    const { feed, watch, time } = setup();
    const { next } = watch();
    const first = next();
    feed.replace([]);
    await first;
    let answered = false;
    const second = next().then((result) => {
      answered = true;
      return ids(result);
    });
    for (let look = 0; look < 2; look++) {
      time.ms += 250;
      feed.add([]);
      await settle();
      assert.equal(answered, false);
    }
    time.ms += 250;
    feed.add([]);
    assert.deepEqual(await second, []);
  });

  it("falls silent with its source", async () => {
    const { feed, watch, time } = setup();
    feed.replace([revocation("a")]);
    let answered = false;
    const { next, end } = watch();
    const first = next().then(() => {
      answered = true;
    });
    time.ms += 60_000;
    await settle();
    assert.equal(answered, false);
    end();
    await first;
  });

  it("keeps no backlog for a slow subscriber: it gets everything again", async () => {
    const { feed, watch } = setup();
    const { next } = watch();
    const first = next();
    feed.replace([revocation("a")]);
    await first;
    for (let i = 0; i < 25_000; i += 1_000) {
      feed.add(Array.from({ length: 1_000 }, (_, j) => revocation(`s${i + j}`)));
    }
    const pieces = [await next(), await next(), await next(), await next(), await next(), await next()];
    assert.deepEqual(pieces.flatMap(ids).slice(0, 2), ["a", "s0"]);
    assert.equal(pieces.flatMap(ids).length, 25_001);
    const news = next();
    feed.add([revocation("z")]);
    assert.deepEqual(ids(await news), ["z"]);
  });

  it("sends a long list in pieces of 5000, and says that there is more", async () => {
    const { feed, watch } = setup();
    const { next } = watch();
    const first = next();
    feed.replace(Array.from({ length: 12_000 }, (_, i) => revocation(`s${i}`)));
    const pieces = [await first, await next(), await next()].map(({ value }) => value);
    assert.deepEqual(
      pieces.map((piece) => piece && [piece.revocations.length, piece.more]),
      [
        [5_000, true],
        [5_000, true],
        [2_000, false],
      ],
    );
    assert.equal(new Set(pieces.flatMap((piece) => piece?.revocations ?? [])).size, 12_000);
  });

  it("forgets what has expired", async () => {
    const { feed, watch, time } = setup();
    feed.replace([revocation("gone", new Date(1_000)), revocation("stays")]);
    time.ms += 61_000;
    feed.add([]);
    const first = watch().next();
    feed.add([]);
    assert.deepEqual(ids(await first), ["stays"]);
  });

  it("ends when the subscriber goes away", async () => {
    const { feed, watch } = setup();
    const { next, end } = watch();
    const first = next();
    end();
    assert.equal(ids(await first), "done");
    feed.add([revocation("a")]);
    assert.equal(ids(await next()), "done");
  });
});

function setup() {
  const time = { ms: 0 };
  const feed = createRevocationFeed({ now: () => time.ms });
  const watch = () => {
    const controller = new AbortController();
    const answers = feed.watch(controller.signal);
    return { next: () => answers.next(), end: () => controller.abort() };
  };
  return { time, feed, watch };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));
