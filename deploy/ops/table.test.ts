import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { printable, renderFields, renderTable } from "./table.ts";

describe("a table", () => {
  it("has its columns under their titles, numbers at the right", () => {
    const columns = [
      { title: "queue", value: (row: { queue: string; depth: number }) => row.queue },
      { title: "depth", value: (row: { queue: string; depth: number }) => row.depth },
      { title: "note", value: () => null },
    ];
    const rows = [
      { queue: "auth_commands", depth: 7 },
      { queue: "user_commands", depth: 12_000 },
    ];
    assert.equal(
      renderTable(columns, rows),
      "QUEUE          DEPTH  NOTE\n" + "auth_commands      7  -\n" + "user_commands  12000  -\n",
    );
  });

  it("lets no value of a stranger move the cursor or grow without end", () => {
    const columns = [{ title: "type", value: (row: string) => row }];
    assert.equal(renderTable(columns, ["\u001b[2J\n\u202egnp"]), "TYPE\n\\u{1b}[2J\\u{a}\\u{202e}gnp\n");
    const [, line = ""] = renderTable(columns, ["x".repeat(1_000)]).split("\n");
    assert.equal(line, `${"x".repeat(63)}…`);
  });
});

describe("fields", () => {
  it("stand below each other, and so do the lines of one", () => {
    assert.equal(
      renderFields([
        ["id", "7"],
        ["body", "{\n  1\u0007\n}"],
        ["detail", ""],
      ]),
      "id      7\nbody    {\n          1\\u{7}\n        }\ndetail  -\n",
    );
  });
});

describe("printable text", () => {
  it("is left as it is", () => {
    assert.equal(printable("Ångström 👩 · ü"), "Ångström 👩 · ü");
  });
});
