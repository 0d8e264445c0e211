import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { renderBar, startProgress } from "./progress.ts";

describe("a progress bar", () => {
  it("shows how far the work is", () => {
    assert.equal(renderBar("Replaying", 50, 200), `Replaying ${"█".repeat(8)}${"░".repeat(22)} 25 % (50/200)`);
    assert.match(renderBar("Replaying", 0, 0), / 100 % /);
    assert.match(renderBar("Replaying", 300, 200), / 100 % /);
  });

  it("is drawn ten times a second at most, and taken away at the end", () => {
    const { written, clock, progress } = setup(true);
    progress.advance(1);
    clock.ms = 100;
    progress.advance(1);
    progress.advance(1);
    clock.ms = 250;
    progress.advance(1);
    assert.equal(written.length, 2);
    assert.match(written[1] ?? "", /\(4\/10\)$/);
    progress.end();
    assert.equal(written.at(-1), "\r\u001b[K");
  });

  it("leaves no trace of work that took no time", () => {
    const { written, progress } = setup(true);
    progress.advance(10);
    progress.end();
    assert.deepEqual(written, []);
  });

  it("is for people: a file gets none", () => {
    const { written, clock, progress } = setup(false);
    clock.ms = 1_000;
    progress.advance(5);
    progress.end();
    assert.deepEqual(written, []);
  });
});

function setup(isTTY: boolean) {
  const written: string[] = [];
  const clock = { ms: 0 };
  const canvas = { isTTY, write: (text: string) => written.push(text) };
  return { written, clock, progress: startProgress(canvas, "Working", 10, () => clock.ms) };
}
