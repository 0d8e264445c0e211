import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";

interface Backend {
  readonly name: string;
  readonly port: number;
}

/** Spreads connections over the backends that are in rotation, in turn. */
export interface Balancer {
  readonly url: Promise<string>;
  /** Takes it out of rotation, as an orchestrator does before it stops it. A name that is none of its own changes nothing. */
  remove(name: string): void;
  add(name: string): void;
  close(): Promise<void>;
}

export function startBalancer(backends: readonly Backend[]): Balancer {
  const out = new Set<string>();
  let turn = 0;
  const server = createServer((near) => {
    const inRotation = backends.filter(({ name }) => !out.has(name));
    const backend = inRotation[turn++ % inRotation.length];
    if (backend === undefined) return void near.resetAndDestroy();
    const far = connect(backend.port, "127.0.0.1");
    near.on("error", () => far.destroy());
    far.on("error", () => near.resetAndDestroy());
    near.pipe(far).pipe(near);
  });
  server.listen(0, "127.0.0.1");
  return {
    url: once(server, "listening").then(() => `http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    remove: (name) => void out.add(name),
    add: (name) => void out.delete(name),
    async close() {
      server.close();
      await once(server, "close");
    },
  };
}
