import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/** What `freePort` has given out: its caller may not listen yet. */
const given = new Set<number>();

/**
 * A free TCP port, another one at each call. It lies below those that the operating system gives to outgoing connections,
 * so that none of them can have it while a server that listens on it is started again.
 */
export const freePort = (): Promise<number> => nextFreePort(randomInt(15_000, 30_000), given);

/**
 * `preferred`, or the next port after it that nobody listens on. `taken` are ports promised to others that do not listen
 * yet; the answer is added to it.
 */
export async function nextFreePort(preferred: number, taken: Set<number> = new Set()): Promise<number> {
  for (let port = preferred; port <= 65_535; port++) {
    if (taken.has(port) || (await probe(port)) === undefined) continue;
    taken.add(port);
    return port;
  }
  throw new Error(`No TCP port from ${preferred} upwards is free.`);
}

/** @throws Error naming the variable when somebody listens on the port that the user asked for. */
export async function requireFreePort(variable: string, port: number): Promise<number> {
  if ((await probe(port)) !== undefined) return port;
  throw new Error(`Port ${port} is taken by another process. Choose another one with ${variable}=…`);
}

/** Listens for a moment on every interface, which is refused if anybody has the port on any of them. */
function probe(port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE" || error.code === "EACCES") resolve(undefined);
      else reject(error);
    });
    server.listen(port, () => {
      const address = server.address();
      const bound = typeof address === "object" && address !== null ? address.port : undefined;
      server.close(() => resolve(bound));
    });
  });
}
