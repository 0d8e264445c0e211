import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** A line to a server that can be made as bad as lines get. */
export interface FaultProxy {
  readonly port: number;
  /** Where later connections lead: a server that came back elsewhere. */
  lead(target: Address): void;
  /** Resets every connection, as a failing network does; new ones pass. Says how many there were. */
  reset(): number;
  /** Nothing passes any more, not even the news that a side has gone; new connections are taken and left alone. */
  blackhole(): void;
  /** Resets every connection, and new ones at once, as a machine does whose server is down. */
  refuse(): void;
  /** Each piece of data takes this long, and as long as the bandwidth says (bytes per second). */
  slow(limits: { readonly latencyMs?: number; readonly bandwidth?: number }): void;
  /** Everything passes again, at full speed, what was held back first. */
  heal(): void;
  /** Resolves at the next connection. */
  connection(): Promise<void>;
  close(): Promise<void>;
}

/** Two sockets; what one says is what the other hears. */
interface Pair {
  readonly near: Socket;
  readonly far: Socket;
}

/** Listens on the given port, or on a free one. */
export async function openFaultProxy(target: Address, port = 0): Promise<FaultProxy> {
  let address = target;
  let mode: "pass" | "blackhole" | "refuse" = "pass";
  let latencyMs = 0;
  let bandwidth = Number.POSITIVE_INFINITY;
  let connected = Promise.withResolvers<void>();
  const pairs = new Set<Pair>();
  /** Taken during a blackhole, and not led on yet. */
  const strangers = new Set<Socket>();

  const server = createServer({ pauseOnConnect: true }, (near) => {
    connected.resolve();
    connected = Promise.withResolvers();
    if (mode === "refuse") return void near.resetAndDestroy();
    if (mode === "pass") return join(near);
    strangers.add(near);
    near.on("error", () => strangers.delete(near));
  });

  function join(near: Socket): void {
    const pair = { near, far: connect(address) };
    pairs.add(pair);
    carry(pair, near, pair.far);
    carry(pair, pair.far, near);
    near.resume();
  }

  function carry(pair: Pair, from: Socket, to: Socket): void {
    from.on("data", async (piece) => {
      const delayMs = latencyMs + (piece.length / bandwidth) * 1_000;
      if (delayMs > 0) {
        from.pause();
        await sleep(delayMs);
        if (mode === "pass") from.resume();
      }
      if (to.destroyed || to.write(piece)) return;
      from.pause();
      to.once("drain", () => mode === "pass" && from.resume());
    });
    // A reset is this proxy's business; 'close' follows and takes the other side along.
    from.on("error", () => from.destroy());
    from.on("close", () => {
      if (mode !== "blackhole") end(pair);
    });
  }

  function end(pair: Pair): void {
    pair.near.destroy();
    pair.far.destroy();
    pairs.delete(pair);
  }

  function reset(): number {
    const open = [...pairs];
    for (const pair of open) {
      pair.near.resetAndDestroy();
      pair.far.resetAndDestroy();
      pairs.delete(pair);
    }
    for (const stranger of strangers) stranger.resetAndDestroy();
    strangers.clear();
    return open.length;
  }

  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    reset,
    lead(target) {
      address = target;
    },
    blackhole() {
      mode = "blackhole";
      // A paused socket keeps the other side's FIN to itself, too.
      for (const { near, far } of pairs) for (const socket of [near, far]) socket.pause();
    },
    refuse() {
      mode = "refuse";
      reset();
    },
    slow(limits) {
      latencyMs = limits.latencyMs ?? 0;
      bandwidth = limits.bandwidth ?? Number.POSITIVE_INFINITY;
    },
    heal() {
      mode = "pass";
      latencyMs = 0;
      bandwidth = Number.POSITIVE_INFINITY;
      for (const pair of [...pairs]) {
        if (pair.near.destroyed || pair.far.destroyed) end(pair);
        else for (const socket of [pair.near, pair.far]) socket.resume();
      }
      for (const stranger of strangers) join(stranger);
      strangers.clear();
    },
    connection: () => connected.promise,
    async close() {
      server.close();
      mode = "refuse";
      reset();
      await once(server, "close");
    },
  };
}
