import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, open, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { breachedPasswordsContract } from "./breached-passwords.contract.ts";
import { openPwnedList } from "./pwned-list-breached-passwords.ts";
import { hasKey } from "./sorted-lines.ts";

const sha1 = (text: string) => createHash("sha1").update(text).digest("hex").toUpperCase();

let dir: string;
const opened: { close(): Promise<void> }[] = [];
let files = 0;
before(async () => {
  dir = await mkdtemp(join(tmpdir(), "limen-pwned-"));
});
after(async () => {
  for (const list of opened) await list.close();
  await rm(dir, { recursive: true, force: true });
});

async function openList(path: string) {
  const list = await openPwnedList(path);
  opened.push(list);
  return list.isBreached;
}

async function fileOf(content: string): Promise<string> {
  const path = join(dir, `list-${++files}.txt`);
  await writeFile(path, content);
  return path;
}

const linesOf = (hashes: readonly string[], end = "\r\n") =>
  hashes.toSorted().map((hash, i) => `${hash}:${(i % 9) ** 7}${end}`);

async function directoryOf(passwords: readonly string[], extension: string): Promise<string> {
  const path = join(dir, `ranges-${++files}`);
  await mkdir(path);
  // Each range has entries in a whole download.
  const edges = ["00000", "FFFFF"].map((prefix) => `${prefix}${"5".repeat(35)}`);
  const ranges = Map.groupBy([...passwords.map(sha1), ...edges], (hash) => hash.slice(0, 5));
  for (const text of passwords.map((password) => sha1(`${password}!`))) {
    if (!ranges.has(text.slice(0, 5))) ranges.set(text.slice(0, 5), [`${text.slice(0, 5)}${"A".repeat(35)}`]);
  }
  for (const [prefix, hashes] of ranges) {
    await writeFile(join(path, prefix + extension), linesOf(hashes.map((hash) => hash.slice(5))).join(""));
  }
  return path;
}

const others = ["correct horse battery", "passwort für zürich", "spaces", ""];
breachedPasswordsContract("a file by hash", async (list) => openList(await fileOf(linesOf(list.map(sha1)).join(""))));
breachedPasswordsContract("a directory of ranges", async (list) => {
  const path = await directoryOf(list, ".txt");
  for (const text of others.map(sha1)) {
    await writeFile(join(path, `${text.slice(0, 5)}.txt`), `${"7".repeat(35)}:1\r\n`, { flag: "a" });
  }
  return openList(path);
});

describe("a list of breached passwords", () => {
  it("may end its lines either way, the last one not at all, and be written in small letters", async () => {
    const hashes = ["first", "second", "third"].map(sha1);
    const contents = [
      linesOf(hashes, "\n").join(""),
      linesOf(hashes, "\n").join("").trimEnd(),
      `${linesOf(hashes).join("")}\r\n`,
      linesOf(hashes).join("").toLowerCase(),
    ];
    for (const content of contents) {
      const isBreached = await openList(await fileOf(content));
      for (const password of ["first", "second", "third"]) assert.equal(await isBreached(password), true, content);
      assert.equal(await isBreached("fourth"), false);
    }
  });

  it("may be a directory whose files have no extension", async () => {
    const isBreached = await openList(await directoryOf(["first", "second"], ""));
    assert.deepEqual([await isBreached("first"), await isBreached("first!")], [true, false]);
  });

  it("fails the start where there is none, or no whole one", async () => {
    const line = `${sha1("first")}:3\r\n`;
    await assert.rejects(openPwnedList(join(dir, "nowhere")), { code: "ENOENT" });
    await mkdir(join(dir, "empty"));
    await assert.rejects(openPwnedList(join(dir, "empty")), { code: "ENOENT" });
    for (const content of [
      "",
      line + line.slice(0, 17),
      `${line}${line.slice(0, 40)}`,
      "password:1\n",
      line.slice(8),
    ]) {
      await assert.rejects(openPwnedList(await fileOf(content)), /does not begin and end with a line/, content);
    }
  });

  it("fails rather than guesses where a range is missing, or the content is another one", async () => {
    const path = await directoryOf(["first"], ".txt");
    await rm(join(path, `${sha1("first").slice(0, 5)}.txt`));
    const isBreached = await openList(path);
    await assert.rejects(isBreached("first"), { code: "ENOENT" });
    const rubbish = await openList(
      await fileOf(`${"0".repeat(40)}:1\n${"rubbish\n".repeat(5_000)}${"F".repeat(40)}:1\n`),
    );
    await assert.rejects(rubbish("first"), /no sorted line/);
  });

  it("is searched in few looks where it has a thousand million lines, at offsets beyond 4 GiB", async () => {
    // Every line of the list is known by its number: 43 bytes, its hash the number, spread over the whole range.
    const lineBytes = 43;
    const count = 1_000_000_000;
    const hashOf = (n: number) =>
      ((BigInt(n) * 2n ** 160n) / BigInt(count)).toString(16).toUpperCase().padStart(40, "0");
    const looks: [number, Buffer][] = [];
    const source = {
      size: count * lineBytes,
      async read(position: number, length: number) {
        const first = Math.floor(position / lineBytes);
        const last = Math.ceil((position + length) / lineBytes);
        const lines = Array.from({ length: last - first }, (_, i) => `${hashOf(first + i)}:1\n`).join("");
        const begin = position - first * lineBytes;
        const block = Buffer.from(lines).subarray(begin, begin + length);
        looks.push([position, block]);
        return block;
      },
    };
    const present = [0, 1, 123_456_789, 500_000_000, 999_999_998, 999_999_999].map(hashOf);
    const absent = present.map((hash) => `${hash.slice(0, -1)}${hash.endsWith("7") ? "8" : "7"}`);
    for (const [hash, expected] of [
      ...present.map((h) => [h, true] as const),
      ...absent.map((h) => [h, false] as const),
    ]) {
      const before = looks.length;
      assert.equal(await hasKey(source, hash), expected, hash);
      assert.ok(looks.length - before <= 10, `${looks.length - before} looks`);
    }

    // The same from a disk: a file of 43 GB of which only the blocks exist that the search looked at.
    const path = await fileOf("");
    await truncate(path, source.size);
    await using file = await open(path, "r+");
    for (const [position, block] of looks) await file.write(block, 0, block.length, position);
    const onDisk = {
      size: (await file.stat()).size,
      read: async (position: number, length: number) =>
        (await file.read(Buffer.alloc(length), 0, length, position)).buffer,
    };
    for (const hash of present) assert.equal(await hasKey(onDisk, hash), true);
    for (const hash of absent) assert.equal(await hasKey(onDisk, hash), false);
  });

  it("is searched to the end however its hashes are spread", async () => {
    const crowd = Array.from({ length: 1_000 }, (_, i) => `${"0".repeat(32)}${i.toString(16).padStart(8, "0")}`);
    const bytes = Buffer.from([...crowd, "F".repeat(40)].map((hash) => `${hash}:1\n`).join(""));
    let looks = 0;
    const source = {
      size: bytes.length,
      read: async (at: number, length: number) => {
        looks++;
        return bytes.subarray(at, at + length);
      },
    };
    for (const hash of [...crowd, "F".repeat(40)]) assert.equal(await hasKey(source, hash), true);
    assert.equal(await hasKey(source, `${"0".repeat(32)}FFFFFFFF`), false);
    assert.ok(looks / crowd.length < 20, `${looks / crowd.length} looks each`);
  });
});
