import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { describe, it } from "node:test";
import { Incomplete, UsageError } from "./exit.ts";
import { createTerminal } from "./terminal.ts";

describe("a confirmation", () => {
  for (const answer of ["y", "Yes", " yes "]) {
    it(`is given by "${answer}"`, async () => {
      const { terminal, stdin, shown } = setup();
      const confirmed = terminal.confirm("Discard 3 dead letters for good?");
      stdin.write(`${answer}\n`);
      await confirmed;
      assert.match(shown(), /^Discard 3 dead letters for good\? \[y\/N\] /);
    });
  }

  for (const answer of ["", "n", "yeah", "discard"]) {
    it(`is not given by "${answer}"`, async () => {
      const { terminal, stdin } = setup();
      const refused = assert.rejects(terminal.confirm("Sure?"), Incomplete);
      stdin.write(`${answer}\n`);
      await refused;
    });
  }

  it("is not given by an end of input", async () => {
    const { terminal, stdin } = setup();
    const refused = assert.rejects(terminal.confirm("Sure?"), Incomplete);
    stdin.end();
    await refused;
  });

  it("cannot be given by a program, which says --yes", async () => {
    const { terminal, stdin, shown } = setup(false);
    stdin.write("y\n");
    await assert.rejects(
      terminal.confirm("Sure?"),
      (error) => error instanceof UsageError && /--yes/.test(error.message),
    );
    assert.equal(shown(), "");
  });
});

describe("a terminal", () => {
  it("keeps the result apart from what is said about it", () => {
    const { terminal, stdout, shown } = setup();
    terminal.print("result\n");
    terminal.note("remark");
    assert.deepEqual([stdout.read().toString(), shown()], ["result\n", "remark\n"]);
  });
});

function setup(isTTY = true) {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const terminal = createTerminal({ stdin: Object.assign(stdin, { isTTY }), stdout, stderr });
  return { terminal, stdin, stdout, shown: () => (stderr.read() ?? "").toString() };
}
