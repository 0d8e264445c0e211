import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { emptyTally, type Tally } from "../domain/guessing.ts";
import { createInMemoryTallies } from "./in-memory-tallies.ts";
import type { SeenTally } from "./tallies.ts";
import { createTallyUpdates } from "./tally-updates.ts";

const now = new Date("2026-01-01T00:00:00Z");
const oneMore = ({ tally }: SeenTally): Tally => {
  const before = tally ?? emptyTally(now);
  return { ...before, failures: before.failures + 1 };
};

describe("tally updates", () => {
  it("go from one in line to the next: who saw the same tally before need not read it again", async () => {
    const { updates, tallies, count } = setup();
    const seen = await updates.readOne("key");
    const kept = await Promise.all(Array.from({ length: 20 }, () => updates.update("key", oneMore, seen)));
    assert.deepEqual(
      kept.map(({ tally, version }) => [tally.failures, version]),
      Array.from({ length: 20 }, (_, index) => [index + 1, index + 1]),
    );
    assert.deepEqual(count, { reads: 1, writes: 20 });
    assert.equal((await tallies.read(["key"]))[0]?.tally?.failures, 20);
  });

  it("lose nothing that another process writes meanwhile", async () => {
    const { updates, tallies, count } = setup();
    const seen = await updates.readOne("key");
    await tallies.write("key", seen, oneMore(seen), now);
    const kept = await Promise.all([updates.update("key", oneMore, seen), updates.update("key", oneMore, seen)]);
    assert.deepEqual(
      kept.map(({ tally }) => tally.failures),
      [2, 3],
    );
    assert.equal(count.reads, 2);
  });

  it("leave the line when one of them throws", async () => {
    const { updates } = setup();
    const refused = updates.update("key", () => {
      throw new Error("no more");
    });
    const kept = updates.update("key", oneMore);
    await assert.rejects(refused, /no more/);
    assert.equal((await kept).tally.failures, 1);
  });
});

function setup() {
  const tallies = createInMemoryTallies();
  const count = { reads: 0, writes: 0 };
  const counted: typeof tallies = {
    ...tallies,
    read(keys) {
      count.reads += 1;
      return tallies.read(keys);
    },
    write(...args) {
      count.writes += 1;
      return tallies.write(...args);
    },
  };
  return { tallies, count, updates: createTallyUpdates({ tallies: counted, keepMs: 1_000 }) };
}
