import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** Spreads connections in turn over the servers that were ready when it last asked. */
export interface Balancer {
  readonly url: string;
  /** Asks now who is ready. */
  ask(): Promise<void>;
  /** Ends the connections that clients keep for later, too. */
  close(): Promise<void>;
}

/** How long a server that is not ready any more still gets connections, at most. */
const askEveryMs = 100;

/** Of a server on this machine: what it serves, and where it answers `/readyz`. */
export interface ServerPorts {
  readonly http: number;
  readonly management: number;
}

export async function startBalancer(servers: readonly ServerPorts[]): Promise<Balancer> {
  const over = new AbortController();
  let ready: readonly number[] = [];
  let turn = 0;

  async function ask(): Promise<void> {
    const answers = await Promise.all(servers.map(({ management }) => isReady(management)));
    ready = servers.filter((_, index) => answers[index]).map(({ http }) => http);
  }
  async function keepAsking(): Promise<void> {
    while (!over.signal.aborted) {
      await ask();
      await sleep(askEveryMs);
    }
  }

  const kept = new Set<Socket>();
  const server = createServer((near) => {
    kept.add(near);
    near.once("close", () => kept.delete(near));
    const port = ready[turn++ % ready.length];
    if (port === undefined) return void near.resetAndDestroy();
    const far = connect(port, "127.0.0.1");
    near.on("error", () => far.destroy());
    near.once("close", () => far.destroy());
    far.on("error", () => near.resetAndDestroy());
    near.pipe(far).pipe(near);
  });
  await ask();
  const asking = keepAsking();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ask,
    async close() {
      over.abort();
      await asking;
      server.close();
      for (const near of kept) near.destroy();
      await once(server, "close");
    },
  };
}

async function isReady(port: number): Promise<boolean> {
  try {
    const { ok } = await fetch(`http://127.0.0.1:${port}/readyz`, {
      headers: { connection: "close" },
      signal: AbortSignal.timeout(1_000),
    });
    return ok;
  } catch {
    // Nobody listens, or not for us.
    return false;
  }
}
