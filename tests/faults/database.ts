import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../deploy/local/embedded-postgres.ts";
import { findPostmaster } from "../../deploy/local/postmaster.ts";
import type { Address } from "../support/fault-proxy.ts";

/** A durable PostgreSQL that can be broken. Where it listens may change with each start. */
export interface FaultDatabase {
  /** Where PostgreSQL keeps its data. */
  readonly directory: string;
  /** Superuser. */
  url(): string;
  address(): Address;
  /** Immediate shutdown: nothing is flushed, nobody is told, the next start recovers from the log. */
  crash(): Promise<void>;
  /** After `crash`. Resolves when it accepts connections. */
  start(): Promise<void>;
  /** As superuser, on a connection of its own that passes no fault. */
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  stop(): Promise<void>;
}

/** Durable as shipped. Two instances of every process, and sessions that are dead but not yet known to be. */
const settings = { max_connections: "200" };

export async function startFaultDatabase(dataDir: string): Promise<FaultDatabase> {
  const launch = () => startEmbeddedPostgres({ dataDir, log: () => undefined, settings });
  let server: EmbeddedPostgres = await launch();
  const directory = join(dataDir, "postgres", "data");
  return {
    directory,
    url: () => server.url,
    address: () => ({ host: "127.0.0.1", port: Number(new URL(server.url).port) }),
    async crash() {
      const postmaster = await findPostmaster(directory);
      if (postmaster === undefined) throw new Error("PostgreSQL does not run");
      process.kill(postmaster.pid, "SIGQUIT");
      while ((await findPostmaster(directory)) !== undefined) await sleep(10);
      // Nothing to stop any more, but the directory is to be let go.
      await server.stop();
    },
    async start() {
      server = await launch();
    },
    async query<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []) {
      const client = new pg.Client({ connectionString: server.url, connectionTimeoutMillis: 5_000 });
      // A connection that is lost fails its query.
      client.on("error", () => undefined);
      await client.connect();
      try {
        return (await client.query<Row>(text, values)).rows;
      } finally {
        await client.end();
      }
    },
    stop: () => server.stop(),
  };
}
