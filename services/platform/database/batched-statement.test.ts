import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createBatchedStatement } from "./batched-statement.ts";

interface Row {
  readonly id: string;
  readonly name: string;
}

function setup(load: (ids: readonly string[]) => Promise<readonly Row[]> = named) {
  const loads: (readonly string[])[] = [];
  const find = createBatchedStatement((asked: readonly { readonly id: string }[]) => {
    const ids = asked.map(({ id }) => id);
    loads.push(ids);
    return load(ids);
  });
  return { find: (id: string) => find({ id }), loads };
}

/** All but "absent", in another order than they were asked for. */
const named = async (ids: readonly string[]): Promise<Row[]> =>
  [...new Set(ids)]
    .reverse()
    .filter((id) => id !== "absent")
    .map((id) => ({ id, name: `name of ${id}` }));

describe("batched statement", () => {
  it("asks once for what is asked for in one turn, and gives each its own", async () => {
    const { find, loads } = setup();
    const found = await Promise.all(["a", "absent", "b", "a"].map(find));
    assert.deepEqual(
      found.map((row) => row?.name),
      ["name of a", undefined, "name of b", "name of a"],
    );
    assert.equal(found[1], null);
    assert.deepEqual(loads, [["a", "absent", "b", "a"]]);
  });

  it("asks again in the next turn", async () => {
    const { find, loads } = setup();
    await find("a");
    await find("a");
    assert.deepEqual(loads, [["a"], ["a"]]);
  });

  it("asks for a hundred at most at a time", async () => {
    const { find, loads } = setup();
    const ids = Array.from({ length: 250 }, (_, i) => `id ${i}`);
    const found = await Promise.all(ids.map(find));
    assert.deepEqual(
      found.map((row) => row?.id),
      ids,
    );
    assert.deepEqual(
      loads.map((each) => each.length),
      [100, 100, 50],
    );
  });

  it("tells all who asked together of a failure, and nobody else", async () => {
    let isUp = false;
    const { find } = setup(async (ids) => {
      if (!isUp) throw new Error("away");
      return named(ids);
    });
    const asked = await Promise.allSettled(["a", "b"].map(find));
    assert.deepEqual(
      asked.map(({ status }) => status),
      ["rejected", "rejected"],
    );
    isUp = true;
    assert.equal((await find("a"))?.id, "a");
  });
});
