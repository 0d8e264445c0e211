import { createHash } from "node:crypto";
import { mkdir, realpath, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";

export interface DataDirLock {
  release(): Promise<void>;
}

/**
 * Claims a data directory, which is created if need be, for this process. The claim is a listening socket: it ends with
 * the process, however that ends, and no process id is ever mistaken for another's.
 * @throws Error naming the process that has the directory.
 */
export async function lockDataDir(dataDir: string): Promise<DataDirLock> {
  const lock = await tryLockDataDir(dataDir);
  if (lock !== undefined) return lock;
  const owner = await askOwner(await socketPath(dataDir));
  throw new Error(
    `${dataDir} is in use by another Limen (process ${owner ?? "unknown"}). Stop that one, or choose another DATA_DIR.`,
  );
}

/** Undefined when another process has claimed the directory. */
export async function tryLockDataDir(dataDir: string): Promise<DataDirLock | undefined> {
  await mkdir(dataDir, { recursive: true });
  const path = await socketPath(dataDir);
  for (;;) {
    const lock = await listen(path);
    if (lock !== undefined) return lock;
    if ((await askOwner(path)) !== undefined || isAbstract(path)) return undefined;
    await rm(path, { force: true });
  }
}

/** Linux has sockets without a file (the name starts with NUL); elsewhere a dead process leaves its file behind. */
async function socketPath(dataDir: string): Promise<string> {
  const name = `limen-${createHash("sha256")
    .update(await realpath(dataDir))
    .digest("hex")
    .slice(0, 24)}`;
  return process.platform === "linux" ? `\0${name}` : join(tmpdir(), name);
}

const isAbstract = (path: string) => path.startsWith("\0");

function listen(path: string): Promise<DataDirLock | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on("error", () => socket.destroy());
      socket.end(String(process.pid));
    });
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(undefined);
      else reject(error);
    });
    server.listen(path, () => {
      server.unref();
      resolve({ release: () => new Promise((closed) => server.close(() => closed())) });
    });
  });
}

/** The id of the process that listens, or undefined when nobody does. */
async function askOwner(path: string): Promise<string | undefined> {
  try {
    return await text(connect(path));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ECONNREFUSED" || code === "ENOENT" || code === "ECONNRESET") return undefined;
    throw error;
  }
}
