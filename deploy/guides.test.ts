import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { runOps } from "./ops/program.fixture.ts";

const read = (name: string): Promise<string> => readFile(join(import.meta.dirname, name), "utf8");
const [guide, runbook] = await Promise.all([read("README.md"), read("runbook.md")]);

describe("what the guide and the runbook say to type", () => {
  const commands = [...`${guide}\n${runbook}`.matchAll(/(?:npm run ops --|limen\.js ops) ([a-z][^\n`#|;>]*)/g)].map(
    ([, command = ""]) => command.trim(),
  );

  it("are commands that there are", async () => {
    assert.ok(commands.length > 20);
    for (const command of new Set(commands)) {
      const words = command.split(/\s+/);
      const { code, out } = await runOps({}, [...words.filter((word) => !word.startsWith("--")), "--help"]);
      assert.equal(code, 0, command);
      for (const option of words.filter((word) => word.startsWith("--"))) {
        assert.ok(out.includes(` ${option}`), `${command}: no option ${option}`);
      }
      // The group's own help would be shown for a subcommand that there is not.
      const [group = "", sub] = words;
      if (sub !== undefined && /^[a-z][a-z-]*$/.test(sub)) {
        assert.match(out, new RegExp(`Usage: limen ops ${group} ${sub} `), command);
      }
    }
  });

  it("link to what is there", () => {
    const anchors = (text: string) =>
      new Set(
        [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
          heading
            .toLowerCase()
            .replaceAll(/[^\w -]/g, "")
            .replaceAll(" ", "-"),
        ),
      );
    const known = { "README.md": anchors(guide), "runbook.md": anchors(runbook) };
    for (const [, file, anchor = ""] of `${guide}\n${runbook}`.matchAll(/\]\((README\.md|runbook\.md)#([\w-]+)\)/g)) {
      assert.ok(known[file as keyof typeof known].has(anchor), `${file}#${anchor}`);
    }
  });
});
