import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A line to a server that a test can cut. */
export interface TcpProxy {
  readonly port: number;
  /** Resets every connection, as a failing network does; new ones pass. Says how many there were. */
  reset(): number;
  /** Lets nothing through any more on the present connections, and tells neither side. */
  swallow(): void;
  /** Resolves at the next connection. */
  connection(): Promise<void>;
  close(): Promise<void>;
}

/** Listens on the given port, or on a free one. */
export async function openTcpProxy(target: { host: string; port: number }, port = 0): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let connected = Promise.withResolvers<void>();

  const server = createServer((near) => {
    const far = connect(target);
    const pair = [near, far] as const;
    pairs.add(pair);
    for (const [from, to] of [pair, [far, near]] as const) {
      from.on("data", (chunk) => to.write(chunk));
      // A reset is this proxy's business; 'close' follows and takes the other end along.
      from.on("error", () => to.destroy());
      from.on("close", () => {
        to.destroy();
        pairs.delete(pair);
      });
    }
    connected.resolve();
    connected = Promise.withResolvers();
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");

  function reset(): number {
    const open = [...pairs];
    for (const [near, far] of open) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
    return open.length;
  }

  return {
    port: (server.address() as AddressInfo).port,
    reset,
    swallow() {
      for (const pair of pairs) for (const socket of pair) socket.removeAllListeners("data").resume();
    },
    connection: () => connected.promise,
    async close() {
      server.close();
      reset();
      await once(server, "close");
    },
  };
}
