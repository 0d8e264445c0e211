import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Check } from "./checks.ts";
import { CommandFailed, runCommand } from "./command.ts";
import { runChecks } from "./run-checks.ts";

describe("running checks", () => {
  const { signal } = new AbortController();
  const shell = (name: string, commandLine: string): Check => ({
    name,
    run: (options) => runCommand(commandLine, options),
  });

  it("prints one line for each", async () => {
    const lines: string[] = [];
    await runChecks([shell("one", "true"), shell("two", "echo fine")], {
      signal,
      lanes: 1,
      print: (l) => lines.push(l),
    });
    assert.deepEqual(
      lines.map((line) => line.replace(/[\d.]+ s$/, "")),
      ["✔ one ", "✔ two "],
    );
  });

  it("stops at the first failure and tells what was printed", async () => {
    const lines: string[] = [];
    const checks = [
      shell("bad", "echo why; echo where >&2; exit 3"),
      shell("slow", "sleep 60"),
      shell("never", "true"),
    ];
    await assert.rejects(runChecks(checks, { signal, lanes: 2, print: (line) => lines.push(line) }), (error) => {
      assert.ok(error instanceof CommandFailed);
      assert.match(error.message, /exit code 3/);
      assert.match(error.output, /why\n/);
      assert.match(error.output, /where\n/);
      return true;
    });
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? "", /^✖ bad/);
  });

  it("sees a failure inside a pipe", async () => {
    await assert.rejects(runCommand("false | cat", { signal }), CommandFailed);
  });
});
