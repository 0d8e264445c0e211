import { createHash } from "node:crypto";
import { type FileHandle, open, stat } from "node:fs/promises";
import { join } from "node:path";
import type { BreachedPasswords } from "../application/credential-ports.ts";
import { type ByteSource, blockBytes, hasKey } from "./sorted-lines.ts";

/** The lookup, and the end of it. */
export interface BreachedPasswordList {
  readonly isBreached: BreachedPasswords;
  close(): Promise<void>;
}

const digits = 40;
const prefixDigits = 5;

/**
 * A list of SHA-1 hashes as the downloads of Have I Been Pwned have it: one file of lines `HASH:count`, ordered by hash, or a
 * directory with a file for each first five digits, `21BD1.txt` or `21BD1`, of lines that hold the other 35. It stays on
 * the disk: a lookup reads some blocks of 4 KiB.
 * @throws Error where there is no such list, or only the beginning of one.
 */
export async function openPwnedList(path: string): Promise<BreachedPasswordList> {
  return (await stat(path)).isDirectory() ? openDirectory(path) : openFile(path);
}

async function openFile(path: string): Promise<BreachedPasswordList> {
  const file = await open(path);
  const source = await sourceOf(file);
  try {
    await assertWhole(source, path, digits);
  } catch (error) {
    await file.close();
    throw error;
  }
  return { isBreached: (password) => hasKey(source, sha1Of(password)), close: () => file.close() };
}

async function openDirectory(path: string): Promise<BreachedPasswordList> {
  const extension = await stat(join(path, "00000.txt")).then(
    () => ".txt",
    () => "",
  );
  const within = async <T>(prefix: string, work: (source: ByteSource, name: string) => Promise<T>): Promise<T> => {
    const name = join(path, prefix + extension);
    await using file = await open(name);
    return await work(await sourceOf(file), name);
  };
  for (const prefix of ["00000", "FFFFF"]) {
    await within(prefix, (source, name) => assertWhole(source, name, digits - prefixDigits));
  }
  return {
    isBreached(password) {
      const hash = sha1Of(password);
      return within(hash.slice(0, prefixDigits), (source) => hasKey(source, hash.slice(prefixDigits)));
    },
    close: async () => undefined,
  };
}

/** The list was made with it. It protects nothing here: what it hashes is looked up and forgotten. */
const sha1Of = (password: string): string => createHash("sha1").update(password).digest("hex").toUpperCase();

async function sourceOf(file: FileHandle): Promise<ByteSource> {
  const { size } = await file.stat();
  return {
    size,
    async read(position, length) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, position);
      if (bytesRead < length) throw new Error("the list of breached passwords was cut while it was in use");
      return buffer;
    },
  };
}

/** A download that broke off ends in the middle of a line, nearly always. */
async function assertWhole(source: ByteSource, name: string, keyDigits: number): Promise<void> {
  const length = Math.min(source.size, blockBytes);
  const [head, tail] = await Promise.all([source.read(0, length), source.read(source.size - length, length)]);
  const line = new RegExp(`^[0-9A-F]{${keyDigits}}:\\d+$`, "i");
  const first = head.toString("latin1").split(/\r?\n/, 1)[0] ?? "";
  const last = tail.toString("latin1").trimEnd().split(/\r?\n/).at(-1) ?? "";
  if (!line.test(first) || !line.test(last)) {
    throw new Error(
      `${name} does not begin and end with a line of ${keyDigits} hexadecimal digits, a colon and a count`,
    );
  }
}
